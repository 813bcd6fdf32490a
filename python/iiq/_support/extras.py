"""Optional packages: an import that fails says which extra of iiq brings the package."""

from __future__ import annotations

import importlib
from typing import Any


def need(module: str, what: str, extra: str) -> Any:
    """Import ``module`` for ``what``, or say how to install it.

    Parameters
    ----------
    module : str
        What to import, for example ``"sklearn.cluster"``.
    what : str
        What needs it, the subject of the error's sentence.
    extra : str
        The extra of iiq that brings it.

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
        raise ModuleNotFoundError(
            f"{what} needs {package}, which is not installed: pip install 'iiq[{extra}]'",
            name=package,
        ) from None
