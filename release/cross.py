"""The core compiled for other systems by PyPI's ziglang: `python -m release.cross [TARGET ...]`.

Objects only, nothing is linked: what a system's headers or a CPU's instructions lack is seen. A
big-endian CPU must be refused with a sentence that names it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGETS = (
    "aarch64-macos",
    "x86_64-macos",
    "aarch64-linux-musl",
    "x86_64-linux-musl",
    "x86_64-windows-gnu",
)
BIG_ENDIAN = "s390x-linux-musl"
REFUSAL = "little-endian"
FLAGS = ("-std=c++20", "-O1", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off")


def sources() -> list[Path]:
    """Return the core's files, bindings and programs left out."""
    others = {"bindings", "bench", "fuzz", "tests"}
    found = sorted((ROOT / "csrc").rglob("*.cpp"))
    return [path for path in found if path.relative_to(ROOT / "csrc").parts[0] not in others]


def compiled(target: str, source: Path) -> subprocess.CompletedProcess[str]:
    """Compile one file for a target, and keep nothing."""
    import ziglang

    zig = Path(ziglang.__file__).parent / "zig"
    command = [zig, "c++", "-target", target, *FLAGS, f"-I{ROOT / 'csrc'}", "-c", source]
    environment = {**os.environ, "ZIG_GLOBAL_CACHE_DIR": str(ROOT / "build" / "zig")}
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            [*map(str, command), "-o", "object.o"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )


def main() -> None:
    """Compile for what is asked for."""
    for target in sys.argv[1:] or TARGETS:
        for source in sources():
            done = compiled(target, source)
            if done.returncode:
                raise SystemExit(f"{target}: {source}\n{done.stderr}")
        print(f"{target}: {len(sources())} files compile", flush=True)
    done = compiled(BIG_ENDIAN, ROOT / "csrc" / "codes" / "blocks.cpp")
    if not done.returncode or REFUSAL not in done.stderr:
        raise SystemExit(f"{BIG_ENDIAN} is not refused by name:\n{done.stderr}")
    print(f"{BIG_ENDIAN}: refused, {REFUSAL} CPUs only")


if __name__ == "__main__":
    main()
