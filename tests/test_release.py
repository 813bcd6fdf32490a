"""The checks of a release: what a wheel may hold, what versions say, where the library runs."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import iiq
from release import check, ready
from release.elf import Elf
from release.wheels import TARGETS

ROOT = Path(__file__).resolve().parent.parent
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="ELF files")


def core() -> Path:
    from iiq import _core

    return Path(_core.__file__)


def wheel_of(path: Path, names: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in names.items():
            archive.writestr(name, data)
    return path


@linux_only
def test_the_core_shows_its_way_in_and_nothing_else():
    module = Elf(core().read_bytes())
    assert module.symbols[0] == {"PyInit__core"}
    assert "PyModule_Create2" in module.symbols[1] or "PyModuleDef_Init" in module.symbols[1]
    assert module.faults() == []


@linux_only
def test_what_an_elf_file_needs_is_what_the_loader_says():
    said = subprocess.run(["ldd", core()], capture_output=True, text=True, check=True).stdout
    assert all(name in said for name in Elf(core().read_bytes()).needed)


@linux_only
def test_the_faults_of_a_wheel_are_named(tmp_path):
    module = core().read_bytes()
    good = {
        "iiq/__init__.py": b"",
        "iiq/py.typed": b"",
        "iiq/_core.pyi": b"",
        "iiq/data/words.txt": b"",
        "iiq/_core.cpython-311-x86_64-linux-gnu.so": module,
    }
    # what a build on this machine may have and a wheel of a release may not
    ours = {fault for fault in check.module_faults(module) if "needs" in fault or "strip" in fault}
    assert set(check.faults(wheel_of(tmp_path / "good.whl", good))) == ours
    bad = good | {"tests/test_it.py": b"", "iiq/__pycache__/x.pyc": b""}
    del bad["iiq/py.typed"]
    found = set(check.faults(wheel_of(tmp_path / "bad.whl", bad))) - ours
    assert found == {
        "iiq/py.typed is not in it",
        "tests/test_it.py is in it",
        "iiq/__pycache__/x.pyc is in it",
    }
    weak = module.replace(b"__stack_chk_fail\0", b"__stack_chk_gone\0")
    assert "no stack protector" in check.module_faults(weak)


def test_every_target_of_the_wheels_has_a_platform_of_its_own():
    platforms = [target.platform for target in TARGETS.values()]
    assert len(set(platforms)) == len(platforms) == 4


def test_version_changelog_and_citation_agree():
    assert ready.disagreements(f"v{iiq.__version__}") == []
    assert "version.py says" in " ".join(ready.disagreements("v0.0.1"))


def test_the_workflows_call_verbs_that_there_are():
    verbs = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))
    called = set()
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        called |= set(re.findall(r"make ([a-z-]+)", text))
        for action in re.findall(r"uses: (\S+)", text):
            assert action.startswith("./") or re.search(r"@[0-9a-f]{40}$", action), action
    assert called
    assert called <= verbs


def test_a_big_endian_cpu_is_refused_by_name():
    code = "import sys; sys.byteorder = 'big'; import iiq"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode
    assert "little-endian" in done.stderr
    layout = (ROOT / "csrc" / "codes" / "layout.h").read_text(encoding="utf-8")
    assert "static_assert(std::endian::native == std::endian::little" in layout
