"""Public modules by short names, also for ``import``: iiq.readers is iiq.vectors.readers."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType


class PublicModules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports a module, and what lies in it, by its short name: one module under two names.

    Parameters
    ----------
    package : str
    homes : mapping of str to str
        Short name -> where the module lies in the package.
    """

    def __init__(self, package: str, homes: Mapping[str, str]) -> None:
        self._package = package
        self._homes = {name: home for name, home in homes.items() if name != home}

    def _home(self, fullname: str) -> str | None:
        package, _, rest = fullname.partition(".")
        head, dot, inside = rest.partition(".")
        if package != self._package or head not in self._homes:
            return None
        return f"{package}.{self._homes[head]}{dot}{inside}"

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        """Claim the short names, where there is such a module."""
        home = self._home(fullname)
        if home is None or importlib.util.find_spec(home) is None:
            return None
        return importlib.util.spec_from_loader(fullname, self)

    def exec_module(self, module: ModuleType) -> None:
        """Put the module itself in the place of the empty one that Python made."""
        home = self._home(module.__name__)
        assert home is not None
        sys.modules[module.__name__] = importlib.import_module(home)
