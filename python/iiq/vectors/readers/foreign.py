"""Files that hold no vectors we read, named for what they are, with the way from them to us."""

from __future__ import annotations

import re
import tarfile
from pathlib import Path

from iiq._support.files import is_vocabulary
from iiq.vectors.readers._opened import Options
from iiq.vectors.readers._streams import packed_as

_FIRST_BYTES = {
    b"ARROW1": "an Arrow (Feather) file: write it as Parquet, or pass (words, matrix)",
    b"%PDF-": "a PDF: save its text, or find the file of vectors",
}
_FIRST_WORDS = {
    b"version https://git-lfs": "this is a pointer of Git LFS, not the file: run git lfs pull",
    b"{\\rtf": "this is a rich text document: save it as plain text",
    b"<!doctype": "this is a page of HTML, not the file: download the file itself",
    b"<html": "this is a page of HTML, not the file: download the file itself",
    b"{": "this looks like JSON: load it with json.load and pass the mapping to iiq.compress",
    b"[": "this looks like JSON: load it with json.load and pass (words, matrix)",
}
_WIDE_BOMS = {
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
_SPARSE = re.compile(rb"[ \t][0-9]+:[-+.0-9eE]+(?=[ \t\r\n]|$)")
_TAR_HEADER = 512


def refuse(path: Path, head: bytes, options: Options) -> None:
    """Raise ValueError if a file's first bytes, unpacked, are those of something else."""
    what = _named(path, head, options)
    if what is not None:
        raise ValueError(f"{path} is {what}")


def _named(path: Path, head: bytes, options: Options) -> str | None:
    if path.is_file() and is_vocabulary(path):
        return "a vocabulary that iiq compressed, which holds codes: open it with iiq.load(path)"
    for first, what in _FIRST_BYTES.items():
        if head.startswith(first):
            return what
    try:
        name = tarfile.TarInfo.frombuf(head[:_TAR_HEADER], "utf-8", "surrogateescape").name
        return f"a tar archive ({name} is its first file): unpack it first, tar -xf {path.name}"
    except (tarfile.HeaderError, ValueError):
        pass
    return _wide_text(head, options)


def refuse_wide(path: Path, head: bytes, options: Options) -> None:
    """Raise ValueError for text in UTF-16 or UTF-32 where the encoding asked for is another."""
    what = _wide_text(head, options)
    if what is not None:
        raise ValueError(f"{path} is {what}")


def _wide_text(head: bytes, options: Options) -> str | None:
    """Name UTF-16 and UTF-32 where the encoding asked for is another."""
    if not options.splits_as_bytes:
        return None
    for bom, encoding in _WIDE_BOMS.items():
        if head.startswith(bom) and not head.startswith(b"\xff\xfe\xff\xfe"):
            return f"text in {encoding.upper()}: pass encoding='{encoding}'"
    start = head[:200]
    if len(start) > 20 and start.count(0) >= len(start) // 3:
        for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            zeros, letters = start[first::2], start[1 - first :: 2]
            if not any(zeros) and all(letters) and _is_text(letters):
                return f"text in {encoding.upper()}: pass encoding='{encoding}'"
    return None


def _is_text(letters: bytes) -> bool:
    return all(32 <= letter < 127 or letter in b"\t\r\n" for letter in letters)


def hint(lines: list[bytes]) -> str:
    """Say what lines that are no vectors in text may be instead."""
    if sum(len(_SPARSE.findall(line)) >= 2 for line in lines) * 2 > len(lines):
        return (
            "sparse vectors (index:value) are not read: make them dense, as scikit-learn's "
            "load_svmlight_file(path)[0].toarray() does, and pass (words, matrix)"
        )
    first = lines[0].lstrip().lower()
    for words, what in _FIRST_WORDS.items():
        if first.startswith(words):
            return what
    if all(re.search(rb"[ \t]\[?-?[0-9]+[,.][0-9]+[,\]]?", line) for line in lines):
        return (
            "its numbers have brackets or decimal commas: replace these, or read the file in "
            "Python and pass (words, matrix)"
        )
    for separator in (b",", b";"):
        if all(line.count(separator) > line.count(b" ") for line in lines):
            return (
                f"the fields stand apart by {separator.decode()!r}: replace it by spaces or tabs, "
                "or read the table with pandas and pass (words, matrix)"
            )
    return "is this another format? Name it with format="


def nested(path: Path, head: bytes, compression: str) -> None:
    """Raise ValueError if unpacked bytes are packed again."""
    again = packed_as(head)
    if again is not None:
        raise ValueError(f"{path} holds {again} data inside {compression}: unpack it first")
