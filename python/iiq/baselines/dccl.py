"""Deep compositional code learning (Shu & Nakayama 2018): sums of codewords, learned end to end."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from iiq._support.extras import need
from iiq._support.validate import Matrix, Vectors, as_generator, as_int, as_threads
from iiq.baselines._bitstrings import pack_numbers, unpack_numbers
from iiq.baselines._dccl_training import Settings, train
from iiq.baselines.base import Baseline, blocks_of, first_rows

_PAPER = {
    "n_epochs": 200,
    "tol": None,
    "learning_rate": 1e-4,
    "train_rows": None,
}
CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "glove": {"n_codebooks": 32, "codebook_size": 256, "batch_size": 1024, **_PAPER},
    "hdc": {"n_codebooks": 32, "codebook_size": 128, "batch_size": 64, **_PAPER},
    "imdb": {"n_codebooks": 32, "codebook_size": 32, "batch_size": 64, **_PAPER},
}
_INPUT_RMS = 0.4  # about that of GloVe vectors, for which the published learning rate was chosen


class DCCL(Baseline):
    """Deep compositional codes: a vector is the sum of one codeword from each codebook.

    An encoder network chooses the codewords, and network and codebooks are learned together; the
    choice is made differentiable by the Gumbel-softmax:

    - ``h = tanh(x W1 + b1)``, h of M K / 2 numbers; ``a = softplus(h W2 + b2)``, (M, K);
    - training: ``p_m = softmax((log a_m + g) / temperature)``, g Gumbel noise;
      ``x' = sum_m p_m A_m``; loss ``||x - x'||^2 / 2``, minimised by Adam;
    - code of x: ``argmax_k a_mk`` for each m; decoded: the sum of these codewords.

    Parameters
    ----------
    n_codebooks : int, default 64
        M.
    codebook_size : int, default 16
        K, codewords in a codebook; a code takes M ceil(log2 K) bits.
    n_epochs : int, default 200
        At most so many passes over the training rows.
    tol : float or None, default 0.01
        Stop when the loss of the hard codes has not fallen by this share within ``patience``
        epochs; None: never, run all epochs.
    patience : int, default 5
    batch_size : int, default 128
    learning_rate : float, default 1e-3
        Of Adam. The paper's 1e-4 comes to the same loss in several times the epochs.
    temperature : float, default 1.0
    train_rows : int or None, default 50_000
        Train on the first so many rows; None: all. All rows are encoded.
    threads : int, optional
        Of torch; default: as torch is set, which knows ``OMP_NUM_THREADS``.
    random_state : None, int or numpy Generator
    verbose : bool, default False
        A progress bar on stderr.

    Attributes
    ----------
    codebooks_ : ndarray float32 (M, K, d)
    packed_ : ndarray uint8 (n, ceil(M ceil(log2 K) / 8))
    loss_curve_ : ndarray float64 (epochs done,)
        ``||x - x'||^2 / ||x||^2`` of the hard codes, over at most 8192 training rows, after each
        epoch. The parameters of the epoch where it was least are kept.
    n_iter_ : int
        Epochs done.

    Raises
    ------
    ModuleNotFoundError
        From `fit`, without torch (extra ``dccl``).
    FloatingPointError
        From `fit`, when the loss is no longer a finite number.

    Notes
    -----
    O(M K (d + M K / 2)) per row and epoch. Stored: packed codes and codebooks; the network is
    needed only to encode and is not kept. Vectors are scaled to a root mean square of 0.4 for
    training. The seed fixes the result for one build of torch and one number of threads.

    The defaults are not the paper's: its settings are those of `configured`; with them the
    largest takes days on a few cores and was never run here.

    References
    ----------
    R. Shu, H. Nakayama, "Compressing Word Embeddings via Deep Compositional Code Learning",
    ICLR 2018, equations 1 to 11.
    """

    method = "dccl"

    codebooks_: NDArray[np.float32]
    packed_: NDArray[np.uint8]
    loss_curve_: NDArray[np.float64]
    n_iter_: int

    def __init__(
        self,
        n_codebooks: int = 64,
        codebook_size: int = 16,
        *,
        n_epochs: int = 200,
        tol: float | None = 1e-2,
        patience: int = 5,
        batch_size: int = 128,
        learning_rate: float = 1e-3,
        temperature: float = 1.0,
        train_rows: int | None = 50_000,
        threads: int | None = None,
        random_state: Any = None,
        verbose: bool = False,
    ) -> None:
        self.n_codebooks = n_codebooks
        self.codebook_size = codebook_size
        self.n_epochs = n_epochs
        self.tol = tol
        self.patience = patience
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.temperature = temperature
        self.train_rows = train_rows
        self.threads = threads
        self.random_state = random_state
        self.verbose = verbose

    @classmethod
    def configured(cls, name: str, **changes: Any) -> Self:
        """Return a DCCL with settings of the IIQ paper's tables: 200 epochs on all rows.

        Parameters
        ----------
        name : {"glove", "hdc", "imdb"}
            M = 32; K = 256, 128 and 32; batches of 1024, 64 and (not stated there) 64.
        **changes
            Parameters that take other values.

        Examples
        --------
        >>> DCCL.configured("imdb", n_epochs=10).codebook_size
        32
        """
        if name not in CONFIGURATIONS:
            raise ValueError(
                f"unknown configuration {name!r}: there are {', '.join(CONFIGURATIONS)}"
            )
        return cls(**{**CONFIGURATIONS[name], **changes})

    def codes(self) -> NDArray[np.int64]:
        """Return the numbers of the codewords, int64 (n, M), each below K."""
        self._check_fitted()
        return unpack_numbers(self.packed_, self._code_bits, len(self.codebooks_))

    @property
    def _code_bits(self) -> int:
        return (len(self.codebooks_[0]) - 1).bit_length()

    def _compress(self, matrix: Matrix) -> None:
        settings = self._settings()
        training = first_rows(matrix, self.train_rows)
        rms = float(np.sqrt(np.mean(np.square(training, dtype=np.float64))))
        scale = _INPUT_RMS / rms if rms > 0 else 1.0
        torch = need("torch", "DCCL", "dccl")
        threads_before = torch.get_num_threads()
        if self.threads is not None:
            torch.set_num_threads(as_threads(self.threads))
        try:
            network, losses = train(torch, training, scale, settings)
            self.codebooks_ = network.codebooks() / np.float32(scale)
            bits = self._code_bits
            parts = [
                pack_numbers(network.codes(block * np.float32(scale)), bits)
                for _, block in blocks_of(matrix)
            ]
        finally:
            torch.set_num_threads(threads_before)
        self.packed_ = np.concatenate(parts)
        self.loss_curve_ = np.array(losses)
        self.n_iter_ = len(losses)

    def _settings(self) -> Settings:
        rng = as_generator(self.random_state)
        return Settings(
            n_codebooks=as_int(self.n_codebooks, "n_codebooks", 1),
            codebook_size=as_int(self.codebook_size, "codebook_size", 2, 1 << 16),
            n_epochs=as_int(self.n_epochs, "n_epochs", 1),
            tol=self.tol,
            patience=as_int(self.patience, "patience", 1),
            batch_size=as_int(self.batch_size, "batch_size", 1),
            learning_rate=self.learning_rate,
            temperature=self.temperature,
            seed=int(rng.integers(2**62)),
            verbose=bool(self.verbose),
        )

    def _decoded(self, rows: NDArray[np.int64]) -> Vectors:
        numbers = unpack_numbers(self.packed_[rows], self._code_bits, len(self.codebooks_))
        total = np.zeros((len(rows), self.codebooks_.shape[2]), np.float32)
        for codebook, chosen in zip(self.codebooks_, numbers.T, strict=True):
            total += codebook[chosen]
        return total

    @property
    def stored_bytes(self) -> int:
        """Bytes of the packed codes and of the codebooks."""
        self._check_fitted()
        return self.packed_.nbytes + self.codebooks_.nbytes
