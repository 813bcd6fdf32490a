"""Iterative quantization (Gong et al. 2013): IIQ without removing any direction."""

from __future__ import annotations

from typing import Any

from iiq.encoders.iiq import IIQ


class ITQ(IIQ):
    """Iterative quantization: `IIQ` with ``n_remove=0`` and, by default, ``refine=None``.

    References
    ----------
    Y. Gong, S. Lazebnik, A. Gordo, F. Perronnin, "Iterative quantization: a Procrustean approach to
    learning binary codes for large-scale image retrieval", TPAMI 2013.
    """

    method = "itq"

    def __init__(
        self,
        n_bits: int | None = None,
        *,
        n_iter: int = 50,
        train_rows: Any = 50_000,
        refine: str | None = None,
        precision: str = "int8",
        solver: str = "gram",
        tol: float | None = None,
        memory_limit: int | None = None,
        threads: int | None = None,
        random_state: Any = None,
        verbose: bool = False,
    ) -> None:
        super().__init__(
            n_bits,
            n_remove=0,
            n_iter=n_iter,
            train_rows=train_rows,
            refine=refine,
            precision=precision,
            solver=solver,
            tol=tol,
            memory_limit=memory_limit,
            threads=threads,
            random_state=random_state,
            verbose=verbose,
        )
