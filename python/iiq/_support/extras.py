"""Optional packages: an import that fails says which extra of iiq brings the package."""

from __future__ import annotations

import importlib
from typing import Any


def need(module: str, what: str, extra: str | None) -> Any:
    """Import ``module`` for ``what``, or say how to install it.

    Parameters
    ----------
    module : str
        What to import, for example ``"sklearn.cluster"``.
    what : str
        What needs it, the subject of the error's sentence.
    extra : str or None
        The extra of iiq that brings it; None where iiq itself does, unless it was left out.

    Raises
    ------
    ModuleNotFoundError
        Where the package is missing: the text holds the pip command.
    """
    package = module.partition(".")[0]
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        wanted = package if extra is None else f"'iiq[{extra}]'"
        raise ModuleNotFoundError(
            f"{what} needs {package}, which is not installed: pip install {wanted}",
            name=package,
        ) from None
