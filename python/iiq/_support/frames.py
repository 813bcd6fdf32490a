"""Tables of pandas and polars, in and out, as scikit-learn's estimators take and give them.

None of the three libraries is imported before its table, or its setting, is asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from iiq._support.extras import need

OUTPUTS = ("default", "pandas", "polars")


def column_names(X: Any) -> list[str] | None:
    """Return the names of a table's columns where all of them are texts, as scikit-learn does."""
    columns = getattr(X, "columns", None)
    if columns is None or not hasattr(X, "shape") or isinstance(columns, str):
        return None
    names = list(columns)
    return names if names and all(isinstance(name, str) for name in names) else None


class FrameHabits:
    """What an estimator knows of tables: the names of its columns, and in what it answers.

    The class sets ``n_features_in_`` when it is fitted, and says in `_n_columns_out` how many
    columns its answers have.
    """

    n_features_in_: int
    feature_names_in_: NDArray[Any]
    _sklearn_output_config: dict[str, str]  # scikit-learn's name: its clone() copies it

    def _n_columns_out(self) -> int:
        raise NotImplementedError

    def set_output(
        self, *, transform: Literal["default", "pandas", "polars"] | None = None
    ) -> Self:
        """Say in what `transform` answers from now on.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, optional
            Arrays of NumPy, or a table whose columns are called as `get_feature_names_out` says;
            that of pandas keeps the index of the table that came. None changes nothing.

        Returns
        -------
        self
        """
        if transform is None:
            return self
        if transform not in OUTPUTS:
            raise ValueError(f"transform must be one of {', '.join(OUTPUTS)}, got {transform!r}")
        self._sklearn_output_config = {"transform": transform}
        return self

    def get_feature_names_out(self, input_features: Sequence[str] | None = None) -> NDArray[Any]:
        """Return a name for each column of what `transform` returns: the class and a number.

        Parameters
        ----------
        input_features : sequence of str, optional
            Checked to be as many as the vectors have numbers, and not used.

        Returns
        -------
        ndarray of objects
        """
        n_columns = self._n_columns_out()
        names = getattr(self, "feature_names_in_", None)
        if input_features is not None and names is not None:
            if list(input_features) != list(names):
                raise ValueError(
                    f"input_features is not equal to feature_names_in_, {_some(names)}: got "
                    f"{_some(input_features)}"
                )
        elif input_features is not None and len(input_features) != self.n_features_in_:
            raise ValueError(
                "input_features should have length equal to number of features "
                f"({self.n_features_in_}), got {len(input_features)}"
            )
        prefix = type(self).__name__.lower()
        return np.array([f"{prefix}{j}" for j in range(n_columns)], dtype=object)

    def _remember_names(self, X: Any) -> None:
        """Keep the names of the columns that an estimator is fitted on, if they have names."""
        names = column_names(X)
        if names is not None:
            self.feature_names_in_ = np.array(names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def _check_names(self, X: Any) -> None:
        """Refuse a table whose columns are not those that the estimator was fitted on."""
        wanted, names = getattr(self, "feature_names_in_", None), column_names(X)
        if wanted is None or names is None or list(wanted) == names:
            return
        unseen, missing = sorted(set(names) - set(wanted)), sorted(set(wanted) - set(names))
        text = "The feature names should match those that were passed during fit.\n"
        if unseen:
            text += f"Feature names unseen at fit time:\n{_lines(unseen)}"
        if missing:
            text += f"Feature names seen at fit time, yet now missing:\n{_lines(missing)}"
        if not unseen and not missing:
            text += "Feature names must be in the same order as they were in fit.\n"
        raise ValueError(text)

    def _as_output(self, array: NDArray[Any], X: Any) -> Any:
        """Return an answer as `set_output`, or scikit-learn's own setting, asks for it."""
        kind = self._output_kind()
        if kind == "default":
            return array
        names = list(self.get_feature_names_out())
        if kind == "pandas":
            pandas = need("pandas", "set_output(transform='pandas')", "pandas")
            index = getattr(X, "index", None) if hasattr(X, "iloc") else None
            return pandas.DataFrame(array, index=index, columns=names, copy=False)
        polars = need("polars", "set_output(transform='polars')", "polars")
        return polars.DataFrame(array, schema=names, orient="row")

    def _output_kind(self) -> str:
        own: dict[str, str] = getattr(self, "_sklearn_output_config", {})
        if "transform" in own:
            return own["transform"]
        sklearn: Any = sys.modules.get("sklearn")  # not imported: nobody set anything there
        settings = sklearn.get_config() if hasattr(sklearn, "get_config") else {}
        return str(settings.get("transform_output", "default"))


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(map(str, names[:5]))
    return f"{shown}, ..." if len(names) > 5 else shown


def _lines(names: Sequence[str]) -> str:
    more = ["- ..."] if len(names) > 5 else []
    return "".join(f"{line}\n" for line in [*(f"- {name}" for name in names[:5]), *more])
