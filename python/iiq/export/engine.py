"""What every exporter shares: checks before writing, a file that appears whole, verification."""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from iiq._support.extras import need
from iiq._support.files import beside, place_of, publish
from iiq.export.table import BLOCK_ROWS, Table, padded
from iiq.export.verify import Answer, Rows, check_answer, check_rows, questions

LINE_ENDS = r"\n\r"  # no word in a list of lines: readers of text take a carriage return for one


@dataclass(frozen=True)
class ExportReport:
    """What an export did.

    Attributes
    ----------
    engine, path : str
    n_codes, n_bits : int
    stored_bits : int
        Bits of a stored code: ``n_bits`` and the zeros that fill it up to what the engine takes.
    bit_order : {"little", "big"}
        Which bit of a stored byte is bit 0 of a code: the least or the most significant.
    checked : str
        What verification compared; empty where it was not asked for.
    """

    engine: str
    path: str
    n_codes: int
    n_bits: int
    stored_bits: int
    bit_order: str
    checked: str = ""


class Engine(ABC):
    """One engine: how it wants its codes, how they are written, how it is asked.

    A subclass states its rules as class attributes. ``zero_rule`` is what the engine's own
    quantizer makes of a zero: our codes give it bit 1, so a query that the engine binarizes
    itself may differ in bits that come from exact zeros.
    """

    name: ClassVar[str]
    packages: ClassVar[tuple[str, ...]] = ()  # all of them needed
    extra: ClassVar[str] = ""
    bit_order: ClassVar[str] = "little"
    pad_to: ClassVar[int] = 1
    max_bits: ClassVar[int | None] = None
    zero_rule: ClassVar[str] = "none: the engine does not binarize"
    forbidden: ClassVar[str] = ""  # characters no word may hold, as in a regular expression's [...]
    max_word_bytes: ClassVar[int | None] = None  # of a word in UTF-8

    def export(
        self, table: Table, path: str | os.PathLike[str], *, verify: bool, overwrite: bool
    ) -> ExportReport:
        """Check, write, verify, and only then take the place of ``path``."""
        self.need_packages()
        self.check(table)
        checked = self.store(table, os.fspath(path), verify=verify, overwrite=overwrite)
        return ExportReport(
            engine=self.name,
            path=os.fspath(path),
            n_codes=len(table),
            n_bits=table.n_bits,
            stored_bits=self.stored_bits(table),
            bit_order=self.bit_order,
            checked=checked,
        )

    @abstractmethod
    def store(self, table: Table, path: str, *, verify: bool, overwrite: bool) -> str:
        """Write, verify, publish; return what was checked."""

    def stored_bits(self, table: Table) -> int:
        """Return the bits of a stored code."""
        return padded(table.n_bits, self.pad_to)

    def need_packages(self) -> None:
        """Raise ModuleNotFoundError, naming the extra, if a package is missing."""
        for package in self.packages:
            need(package, f"export to {self.name}", self.extra or self.name)

    def check(self, table: Table) -> None:
        """Raise ValueError for what the engine would refuse."""
        stored = self.stored_bits(table)
        if self.max_bits is not None and stored > self.max_bits:
            raise ValueError(
                f"{self.name} takes codes of at most {self.max_bits} bits, but these have "
                f"{table.n_bits} (stored as {stored}): compress with n_bits={self.max_bits} or less"
            )
        if self.forbidden or self.max_word_bytes is not None:
            for start in range(0, len(table), BLOCK_ROWS):
                for row, word in enumerate(table.words[start : start + BLOCK_ROWS], start):
                    self._check_word(row, word)

    def _check_word(self, row: int, word: str) -> None:
        found = re.search(f"[{self.forbidden}]", word) if self.forbidden else None
        if found is not None:
            raise ValueError(
                f"{self.name} cannot hold the word {word!r:.80} (row {row}): it contains "
                f"{found[0]!r}; leave that word out"
            )
        most = self.max_word_bytes
        if most is not None and 4 * len(word) > most and len(word.encode()) > most:
            raise ValueError(
                f"{self.name} cannot hold the word {word!r:.80}... (row {row}): it has "
                f"{len(word.encode())} bytes, {most} are the most; leave that word out"
            )

    # -- verification -----------------------------------------------------------------------------

    def verify(self, table: Table, path: Path) -> str:
        """Compare what is stored with the table; return what was compared."""
        asked = questions(table)
        answer = self.ask(table, path, asked.codes, asked.k)
        return check_answer(table, asked, answer, self.name)

    def ask(self, table: Table, path: Path, codes: Any, k: int) -> Answer:
        """Return the ``k`` nearest of each code, from the store itself."""
        raise NotImplementedError


class FileEngine(Engine):
    """An engine whose store is one file, or one file and the files beside it."""

    @abstractmethod
    def write(self, table: Table, path: Path) -> None:
        """Write the file."""

    def companions(self, table: Table) -> dict[str, Iterator[str]]:
        """Return the texts to write beside the file, by what to append to its name."""
        return {}

    def store(self, table: Table, path: str, *, verify: bool, overwrite: bool) -> str:
        """Write beside ``path``, verify there, then replace."""
        target = Path(path)
        companions = self.companions(table)
        names = [target.name, *(target.name + ending for ending in companions)]
        if not overwrite:
            for name in names:
                if (target.parent / name).exists():
                    raise FileExistsError(
                        f"{target.parent / name} exists already: pass overwrite=True to replace it"
                    )
        if not target.parent.is_dir():
            raise FileNotFoundError(
                f"{target.parent}: no such folder, so {target.name} has no place"
            )
        for name in names:
            place_of(target.with_name(name))
        with beside(target) as folder:
            self.write(table, folder / target.name)
            for ending, lines in companions.items():
                _write_text(folder / (target.name + ending), lines)
            checked = self.verify(table, folder / target.name) if verify else ""
            publish(folder, names, target)
        return checked


class FileOfRows(FileEngine):
    """A file that nobody here can ask: it is read back and compared row by row."""

    @abstractmethod
    def read(self, path: Path, n_bits: int) -> Rows:
        """Yield (words, codes as this library has them) of all rows in order."""

    def verify(self, table: Table, path: Path) -> str:
        """Read the file back by the engine's rules and compare every row."""
        return check_rows(table, self.read(path, table.n_bits), self.name)


def _write_text(path: Path, lines: Iterator[str]) -> None:
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(lines)


def words_file(table: Table) -> Iterator[str]:
    """Yield the lines of a words file: line i is the word of code i."""
    for block in table.blocks():
        yield "".join(f"{word}\n" for word in block.words)
