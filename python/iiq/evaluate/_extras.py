"""Imports of optional packages: one that fails says which extra holds it."""

from __future__ import annotations

import importlib
from typing import Any

EXTRAS = {"sklearn": "evaluate", "torch": "sentiment", "matplotlib": "plot"}


def need(module: str, what: str) -> Any:
    """Import ``module`` for ``what``, or raise naming the extra to install.

    Raises
    ------
    ModuleNotFoundError
        Where the package is missing: the text holds the pip command.
    """
    package = module.split(".", maxsplit=1)[0]
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != package:
            raise
        raise ModuleNotFoundError(
            f"{what} needs {package}, which is not installed: pip install 'iiq[{EXTRAS[package]}]'",
            name=package,
        ) from None
