"""Read vectors from any file: ``read_vectors`` whole, ``iter_vectors`` in blocks.

One file a format. A format is found by the file's first bytes, not by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from iiq._support.validate import as_int, as_threads
from iiq.vectors.readers import (
    fasttext,
    gensim,
    hdf5,
    magnitude,
    npy,
    npz,
    parquet,
    spacy,
    static_embedding,
    text,
    word2vec_binary,
)
from iiq.vectors.readers._batches import clean_batches, gather, of_size
from iiq.vectors.readers._opened import READING, Opened, Options
from iiq.vectors.readers._streams import (
    as_file,
    compression_of,
    packed_as,
    read_head,
    split_member,
)
from iiq.vectors.readers.foreign import nested, refuse
from iiq.vectors.word_vectors import WordVectors

__all__ = [
    "FORMATS",
    "READING",
    "as_file",
    "iter_vectors",
    "packed_as",
    "read_vectors",
    "recognised",
    "streams",
]


class Format(NamedTuple):
    """How one format is recognised and opened."""

    matches: Callable[[Path, bytes], bool]
    open: Callable[[Path, bytes, Options], Opened]
    streams: bool = False  # can be read from a compressed file


def _never(path: Path, head: bytes) -> bool:
    return False


# Formats that may hold vectors alone; their words are then those of ``words=``, or lie beside them.
WITHOUT_WORDS = ("npy", "npz", "hdf5", "glove", "word2vec", "text")

# Tried in this order; the last one takes every file that no other knows.
FORMATS: dict[str, Format] = {
    "npy": Format(npy.matches, npy.open_file),
    "npz": Format(npz.matches, npz.open_file),
    "parquet": Format(parquet.matches, parquet.open_file),
    "hdf5": Format(hdf5.matches, hdf5.open_file),
    "magnitude": Format(magnitude.matches, magnitude.open_file),
    "fasttext-bin": Format(fasttext.matches, fasttext.open_file),
    "gensim": Format(gensim.matches, gensim.open_file),
    "spacy": Format(spacy.matches, spacy.open_file),
    "static-embedding": Format(static_embedding.matches, static_embedding.open_file),
    "word2vec-binary": Format(word2vec_binary.matches, word2vec_binary.open_file, streams=True),
    "glove": Format(_never, partial(text.open_file, header=False), streams=True),
    "word2vec": Format(_never, partial(text.open_file, header=True), streams=True),
    "text": Format(text.matches, text.open_file, streams=True),
}


def read_vectors(
    path: str | PathLike[str],
    *,
    format: str = "auto",
    limit: int | None = None,
    words: str | PathLike[str] | Sequence[str] | Mapping[str, int] | None = None,
    encoding: str = "utf-8",
    errors: str = "strict",
    check_count: bool = True,
    allow_pickle: bool = False,
    threads: int | None = None,
    verbose: bool = False,
) -> WordVectors:
    r"""Read words and vectors from a file of any known format.

    Parameters
    ----------
    path : path
        A file, plain or compressed (gz, bz2, xz, zst, zip), or the folder of a model. A zip of
        several files is read as ``archive.zip/member.txt``; a pipe is copied to a file first.
    format : str, default "auto"
        A key of ``FORMATS``, or "auto" to find it in the file's first bytes.
    limit : int, optional
        Read only the first ``limit`` rows.
    words : path, sequence of str or mapping of word to row, optional
        The words of a file that holds vectors alone: .npy, .npz, HDF5, text without words.
    encoding, errors : str
        How words are decoded, as in ``bytes.decode``.
    check_count : bool, default True
        Whether a file with fewer rows than its header says is an error (it is truncated).
    allow_pickle : bool, default False
        Whether formats that are Python pickles may be read: a pickle from a stranger can run any
        code.
    threads : int, optional
        Threads that parse text; every core by default.
    verbose : bool, default False
        Show a progress bar on stderr.

    Returns
    -------
    WordVectors
        float32, or float16 where the file holds that; memory-mapped where the file allows it.

    Raises
    ------
    FileNotFoundError
        If there is no such file, or no list of words beside a matrix.
    ValueError
        If the file is empty, truncated, damaged, or holds NaN; the text names the file, the line
        or row, what was found and what was expected.
    ImportError
        If the format needs a library that is not installed; the text names the extra.

    Notes
    -----
    Of a word that occurs twice the first row is kept, with a warning. Numbers in text are the
    nearest float64 rounded to float32, in any locale, with any number of threads.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> size = folder.joinpath("tiny.txt").write_text("cat 1.0 0.5\nnew york -2 3e-1\n")
    >>> wv = read_vectors(folder / "tiny.txt")
    >>> wv.words, wv["new york"]
    (['cat', 'new york'], array([-2. ,  0.3], dtype=float32))
    """
    options = Options(
        format=format,
        limit=limit,
        words=words,
        encoding=encoding,
        errors=errors,
        check_count=check_count,
        allow_pickle=allow_pickle,
        threads=as_threads(threads),
        verbose=verbose,
    )
    return gather(open_file(as_file(Path(path)), options))


def iter_vectors(
    path: str | PathLike[str],
    *,
    block_rows: int = 16384,
    format: str = "auto",
    limit: int | None = None,
    words: str | PathLike[str] | Sequence[str] | Mapping[str, int] | None = None,
    encoding: str = "utf-8",
    errors: str = "strict",
    check_count: bool = True,
    allow_pickle: bool = False,
    threads: int | None = None,
    verbose: bool = False,
) -> Iterator[tuple[list[str], NDArray[np.float32]]]:
    """Read a file that may be larger than memory, block by block.

    Parameters
    ----------
    path : path
        As in ``read_vectors``, and so are the other parameters.
    block_rows : int, default 16384
        Rows of a block; the last one may be shorter.

    Returns
    -------
    iterator of (list of str, float32 array (rows, dim))
        The rows that ``read_vectors`` gives, in the same order. The file is opened, and its form
        checked, at the call; damage further on raises at the block where it stands.

    Raises
    ------
    FileNotFoundError, ValueError, ImportError
        As ``read_vectors``.

    Notes
    -----
    Memory is a few blocks and 8 bytes a word (to find words that come again).
    """
    options = Options(
        format=format,
        limit=limit,
        words=words,
        encoding=encoding,
        errors=errors,
        check_count=check_count,
        allow_pickle=allow_pickle,
        threads=as_threads(threads),
        verbose=verbose,
    )
    n_rows = as_int(block_rows, "block_rows", 1)
    return of_size(clean_batches(open_file(as_file(Path(path)), options)), n_rows)


def streams(path: str | PathLike[str], **reading: Any) -> bool:
    """Return whether a file is read from front to end, as text is, rather than mapped or whole."""
    return FORMATS[_look(Path(path), Options(**reading))[0]].streams


def _look(path: Path, options: Options) -> tuple[str, bytes, str | None]:
    """Find a file's format, its first bytes (unpacked) and its compression."""
    name = options.format
    if name != "auto" and name not in FORMATS:
        raise ValueError(f"format must be 'auto' or one of {', '.join(FORMATS)}; got {name!r}")
    if path.is_dir():
        return (_recognise(path, b"") if name == "auto" else name), b"", None
    file, member = split_member(path)
    compression = compression_of(file)
    if compression == "zip" and member is None and npz.is_archive(file):
        compression = None
    head = read_head(path, compression is not None)
    refuse(path, head, options)
    if compression is not None:
        nested(path, head, compression)
    return (_recognise(path, head) if name == "auto" else name), head, compression


def open_file(path: Path, options: Options) -> Opened:
    """Recognise a file's format and open it; see ``read_vectors``."""
    name, head, compression = _look(path, options)
    chosen = FORMATS[name]
    if compression is not None and not chosen.streams:
        raise ValueError(
            f"{path}: a {name} file is read in place, not from {compression}: unpack it first"
        )
    if options.words is not None and name not in WITHOUT_WORDS:
        raise ValueError(
            f"{path}: a {name} file holds its own words, and words= is for matrices without them: "
            "leave words= out"
        )
    return chosen.open(path, head, replace(options, format=name))


def recognised(head: bytes) -> str:
    """Return the format of a file, of no telling name, that begins with ``head``."""
    path = Path("a file")
    refuse(path, head, Options())
    packed = packed_as(head)
    return packed if packed is not None else _recognise(path, head)


def _recognise(path: Path, head: bytes) -> str:
    for name, known in FORMATS.items():
        if known.matches(path, head):
            return name
    raise ValueError(
        f"{path} is no vectors of a known format: give the path of the file itself, or name the "
        f"format, one of {', '.join(FORMATS)}"
    )
