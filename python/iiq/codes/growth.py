"""How an index grows: a longer one that shares its memory, or itself."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.growing import has_room, take_room
from iiq._support.validate import as_codes
from iiq.codes.scales import CodeScales


class GrowthVerbs:
    """The verbs of HammingIndex that append codes."""

    n_codes: int
    n_bits: int
    blocks: NDArray[np.uint8]
    scales: CodeScales | None
    threads: int | None

    def add(self, codes: ArrayLike, *, scales: ArrayLike | CodeScales | None = None) -> Self:
        """Append codes to this index: they get the ids that follow.

        Parameters
        ----------
        codes, scales
            As in :meth:`appended`.

        Returns
        -------
        self

        Notes
        -----
        No other thread may search meanwhile: those that do want :meth:`appended`. A file that the
        index was loaded from stays as it is.

        Examples
        --------
        >>> from iiq import HammingIndex, pack
        >>> index = HammingIndex(pack([[1, 1, 1]]), n_bits=3)
        >>> index.add(pack([[0, 0, 1], [0, 0, 0]])).search(pack([[0, 0, 1]]), k=2)
        (array([[0, 1]], dtype=int32), array([[1, 2]]))
        """
        self.__dict__.update(self.appended(codes, scales=scales).__dict__)
        return self

    def appended(self, codes: ArrayLike, *, scales: ArrayLike | CodeScales | None = None) -> Self:
        """Return an index of these codes and then ``codes``; this one stays as it is.

        Parameters
        ----------
        codes : array-like uint8 (m, ceil(n_bits / 8))
            Packed codes.
        scales : array-like (m,), optional
            Their scales, if these codes have some.

        Raises
        ------
        TypeError, ValueError
            If the codes are none of this width, or scales are missing or of no use.

        Notes
        -----
        Amortised, a code costs the same however many there are: the two indexes share memory with
        room behind the codes. The first time, and where two indexes grow out of one, all codes are
        copied. Any number of threads may search this index meanwhile.
        """
        rows = as_codes(codes, self.n_bits)
        if (scales is None) != (self.scales is None):
            raise ValueError(
                "give scales of the new codes where the old ones have some, only there"
            )
        n_codes = self.n_codes + len(rows)
        longer: Any = type(self).__new__(type(self))
        longer.__dict__.update(self.__dict__, n_codes=n_codes, scales=None)
        if self.scales is not None and scales is not None:
            longer.scales = self.scales.appended(scales)
        n_words = -(-self.n_bits // 16)
        n_bytes = -(-n_codes // 32) * n_words * 64
        room = take_room(self.blocks, self.n_codes, n_codes, n_bytes)
        blocks = room[:n_bytes].view("<u2").reshape(-1, n_words, 32)
        padded = np.zeros((len(rows), 2 * n_words), np.uint8)
        padded[:, : rows.shape[1]] = rows
        ids = np.arange(self.n_codes, n_codes)
        blocks[ids // 32, :, ids % 32] = padded.view("<u2")  # (m, n_words)
        longer.blocks = room[:n_bytes]
        longer.blocks.flags.writeable = False
        answer: Self = longer
        return answer

    def stored_blocks(self) -> NDArray[np.uint8]:
        """Return the blocks as a file holds them: zeros past the last code.

        The blocks of an index that grew may hold codes of a longer one there, and are copied.
        """
        if self.n_codes % 32 == 0 or not has_room(self.blocks):
            return self.blocks
        blocks = self.blocks.copy()
        last = blocks.view("<u2").reshape(-1, -(-self.n_bits // 16), 32)[-1]
        last[:, self.n_codes % 32 :] = 0
        return blocks
