"""Whether a wheel holds what it should and no more: `python -m release.check WHEEL ...`."""

from __future__ import annotations

import re
import sys
import zipfile
from pathlib import Path

from release.elf import Elf

LARGEST = 5_000_000
EXPORTED = {"PyInit__core"}
# What every Linux has: the C library and the loader.
LIBRARIES = ("libc.", "libm.", "libpthread.", "libdl.", "ld-linux")
WANTED = ("iiq/py.typed", "iiq/__init__.py", "iiq/_core.pyi", "iiq/data/")
UNWANTED = re.compile(r"^(tests|bench|csrc|release|docs)/|__pycache__|\.(tmp|cpp|h|pyc)$")


def faults(wheel: Path) -> list[str]:
    """Return what is wrong with a wheel of the compiled core, in words."""
    found = []
    if wheel.stat().st_size > LARGEST:
        found.append(f"{wheel.stat().st_size} bytes, more than {LARGEST}")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        modules = [name for name in names if name.endswith(".so")]
        for part in WANTED:
            if not any(name.startswith(part) for name in names):
                found.append(f"{part} is not in it")
        found += [f"{name} is in it" for name in names if UNWANTED.search(name)]
        if len(modules) != 1:
            found.append(f"{len(modules)} compiled modules, want one")
        for name in modules:
            data = archive.read(name)
            found += module_faults(data)
            if f"-{Elf(data).machine}-" not in name:
                found.append(f"{name} is for {Elf(data).machine}: no Python there looks for it")
    return found


def module_faults(data: bytes) -> list[str]:
    """Return what is wrong with a compiled module, in words."""
    module = Elf(data)
    found = module.faults()
    if module.symbols[0] != EXPORTED:
        found.append(f"it exports {sorted(module.symbols[0])}, want {sorted(EXPORTED)}")
    found += [f"it needs {name}" for name in module.needed if not name.startswith(LIBRARIES)]
    found += [f"it lacks {name}" for name in sorted(module.symbols[1]) if "3iiq" in name]
    if not module.stripped:
        found.append("it is not stripped")
    return found


def report(wheel: Path) -> str:
    """Return a line about a good wheel; end with its faults otherwise."""
    wrong = faults(wheel)
    if wrong:
        raise SystemExit(f"{wheel.name}: {'; '.join(wrong)}")
    with zipfile.ZipFile(wheel) as archive:
        (entry,) = (info for info in archive.infolist() if info.filename.endswith(".so"))
        module = Elf(archive.read(entry))
    return (
        f"{wheel.name}: {wheel.stat().st_size / 1e6:.2f} MB, core {entry.file_size / 1e6:.2f} MB,"
        f" {module.machine}, full RELRO, bound at once, stack protector, stripped,"
        f" needs {', '.join(module.needed)}"
    )


if __name__ == "__main__":
    for path in sys.argv[1:]:
        print(report(Path(path)))
