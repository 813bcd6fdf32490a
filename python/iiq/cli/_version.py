"""What a report of a fault should say about the installation: ``iiq --version``."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from iiq._support.native import VARIABLE, kernels
from iiq._support.version import __version__

DEPENDENCIES = ("numpy", "scipy", "numba", "safetensors", "threadpoolctl", "tqdm")


def _installed(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} missing"


def described() -> str:
    """Return the version, the core and its kernel sets, the system and what iiq depends on."""
    sets, forced = kernels(), os.environ.get(VARIABLE)
    threads = "" if getattr(sys, "_is_gil_enabled", lambda: True)() else ", without the GIL"
    return "\n".join(
        [
            f"iiq {__version__}",
            f"core: {'compiled' if sets != ['numba'] else 'none, Numba kernels only'}",
            f"kernel sets: {', '.join(sets)}{f' ({VARIABLE}={forced})' if forced else ''}",
            f"system: {platform.python_implementation()} {platform.python_version()}{threads}, "
            f"{platform.system()} {platform.machine()}",
            f"with: {', '.join(map(_installed, DEPENDENCIES))}",
        ]
    )


class ShowVersion(argparse.Action):
    """Print all that and end; asked for before any verb, so nothing slow is imported for others."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        """Print and end."""
        print(described())
        parser.exit()
