"""What a build does without a compiler, and with the compiled core demanded."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def build_wheel(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if key != "IIQ_REQUIRE_CORE"}
    env |= {"CXX": str(tmp_path / "no-such-compiler"), **environment}
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    command += ["--no-build-isolation", f"--config-settings=build-dir={tmp_path / 'build'}"]
    command += ["--wheel-dir", str(tmp_path), str(ROOT)]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_without_a_compiler_the_wheel_is_pure_python(tmp_path):
    result = build_wheel(tmp_path)
    assert result.returncode == 0, result.stderr
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name.endswith("py3-none-any.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "iiq/py.typed" in names
    assert any(name.startswith("iiq/data/") for name in names)
    assert {"iiq/study/page/page.html", "iiq/study/js/src/vocabulary.js"} <= set(names)
    assert not any("_core." in name and name.endswith((".so", ".pyd")) for name in names)


def test_a_core_that_is_demanded_and_does_not_compile_fails_the_build(tmp_path):
    result = build_wheel(tmp_path, IIQ_REQUIRE_CORE="1")
    assert result.returncode != 0
    assert not list(tmp_path.glob("*.whl"))


def test_without_the_core_one_warning_says_so(monkeypatch):
    from iiq._support import native

    monkeypatch.delenv("IIQ_KERNELS", raising=False)
    monkeypatch.setattr(native, "_compiled", lambda: None)
    caches = native._warn_no_core, native._bound
    for cache in caches:
        cache.cache_clear()
    with pytest.warns(RuntimeWarning, match="without its compiled core") as caught:
        chosen = [native.core().kernels for _ in range(2)]
    assert chosen == ["numba", "numba"]
    assert len(caught) == 1
    for cache in caches:
        cache.cache_clear()


def test_a_kernel_set_that_is_not_here_is_refused(monkeypatch):
    from iiq._support import native

    monkeypatch.setenv("IIQ_KERNELS", "sse9")
    with pytest.raises(ValueError, match=r"sse9.*available: .*numba"):
        native.core()
