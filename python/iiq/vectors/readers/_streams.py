"""A file's bytes, decompressed where needed: plain, gz, bz2, xz, zst, and one member of a zip.

What inflates is bounded: past 64 MiB a file may hold at most 256 times its packed bytes, and a line
at most 64 MiB.
"""

from __future__ import annotations

import bz2
import codecs
import contextlib
import gzip
import importlib
import lzma
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from iiq.vectors.readers._opened import Options, check_inflation, extra, progress_bar

_MAGIC = {
    b"\x1f\x8b": "gz",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zst",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",  # an empty one
}
_BZ2 = re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)")  # more than the letters of a word
LONGEST_LINE = 1 << 26
HEAD = 1 << 20  # bytes that a format is recognised by
_PIECE = 1 << 24  # bytes that one read may ask for

_SPOOLED: list[Any] = []  # copies of pipes, deleted when the process ends


def as_file(path: Path) -> Path:
    """Return ``path``, or the path of a copy where it is a pipe, which can be read only once.

    Raises
    ------
    FileNotFoundError
        If there is nothing.
    ValueError
        If it is a device.
    """
    file, _ = split_member(path)
    if not file.exists():
        raise FileNotFoundError(f"no such file or folder: {path}")
    mode = file.stat().st_mode
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        copy = tempfile.NamedTemporaryFile(prefix=f"iiq-{file.name}-")  # noqa: SIM115
        _SPOOLED.append(copy)
        with file.open("rb") as pipe:
            shutil.copyfileobj(pipe, copy)
        copy.flush()
        return Path(copy.name)
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise ValueError(f"{path} is a device: give the path of a file, or a pipe")
    return path


def split_member(path: Path) -> tuple[Path, str | None]:
    """Split ``archive.zip/member.txt`` into the archive, by any name, and the member's name."""
    if path.exists():
        return path, None
    for parent in path.parents:
        if parent.is_file():
            if compression_of(parent) != "zip":
                break
            return parent, path.relative_to(parent).as_posix()
    return path, None


def compression_of(path: Path) -> str | None:
    """Name the compression of a file by its first bytes, None for a plain one."""
    with path.open("rb") as file:
        return packed_as(file.read(10))


def packed_as(head: bytes) -> str | None:
    """Name the compression of bytes by the first of them."""
    if _BZ2.match(head):
        return "bz2"
    return next((name for magic, name in _MAGIC.items() if head.startswith(magic)), None)


def _member(archive: zipfile.ZipFile, path: Path, name: str | None) -> IO[bytes]:
    members = [
        item.filename
        for item in archive.infolist()
        if not item.filename.endswith("/") and not item.filename.startswith("__MACOSX/")
    ]
    if name is None:
        for member in members:
            if member.endswith("data.pkl"):
                raise ValueError(
                    f"{path} is a file of PyTorch: open it with torch.load and pass (words, matrix)"
                )
        if len(members) != 1:
            raise ValueError(
                f"{path} holds {len(members)} files: name one of them, as in "
                f"{path}/{members[0] if members else 'NAME'} ({', '.join(members[:10])})"
            )
        name = members[0]
    if name not in members:
        raise ValueError(f"{path} has no member {name!r}, it has: {', '.join(members[:10])}")
    if archive.getinfo(name).flag_bits & 1:
        raise ValueError(f"{path}: {name} is encrypted: unpack it with its password first")
    return archive.open(name)


class _Bounded:
    """A decompressed stream that refuses to inflate without bound."""

    def __init__(self, stream: IO[bytes], raw: IO[bytes], path: Path) -> None:
        self._stream, self._raw, self._path = stream, raw, path
        self._packed = None
        if isinstance(stream, zipfile.ZipExtFile):
            self._packed = stream._orig_compress_size  # type: ignore[attr-defined]
        self._total = 0

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(size)
        self._total += len(piece)
        packed = self._raw.tell() if self._packed is None else self._packed
        check_inflation(self._path, "it", self._total, packed)
        return piece


def _open_zst(raw: IO[bytes]) -> IO[bytes]:
    with contextlib.suppress(ImportError):  # Python 3.14 and later
        module: Any = importlib.import_module("compression.zstd")
        opened: IO[bytes] = module.ZstdFile(raw)
        return opened
    zstandard = extra("zstandard", ".zst files")
    reader: IO[bytes] = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
    return reader


def _decompress(raw: IO[bytes], kind: str | None, path: Path, member: str | None) -> IO[bytes]:
    if kind == "gz":
        return cast(IO[bytes], gzip.GzipFile(fileobj=raw))
    if kind == "bz2":
        return bz2.BZ2File(raw)
    if kind == "xz":
        return lzma.LZMAFile(raw)
    if kind == "zst":
        return _open_zst(raw)
    if kind == "zip":
        return _member(zipfile.ZipFile(raw), path, member)
    return raw


@contextmanager
def open_bytes(path: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Open a file for reading: (its decompressed bytes, the raw file, for the position).

    Raises
    ------
    ValueError
        If the compressed data is damaged or truncated, or a zip's member is not named.
    """
    file, member = split_member(path)
    kind = compression_of(file)
    with file.open("rb") as raw:
        try:
            stream = _decompress(raw, kind, file, member)
            yield (stream if kind is None else cast(IO[bytes], _Bounded(stream, raw, file))), raw
        except (
            EOFError,
            zlib.error,
            lzma.LZMAError,
            zipfile.BadZipFile,
        ) as error:
            raise _damaged(path, kind, error) from error
        except (OSError, RuntimeError) as error:
            if kind is None or (isinstance(error, OSError) and error.errno is not None):
                raise
            raise _damaged(path, kind, error) from error
        except Exception as error:
            if type(error).__name__ not in ("ZstdError",):
                raise
            raise _damaged(path, kind, error) from error


def _damaged(path: Path, kind: str | None, error: Exception) -> ValueError:
    return ValueError(
        f"{path}: damaged or truncated {kind} data ({error}): download or compress it again"
    )


def read_head(path: Path, unpack: bool, size: int = HEAD) -> bytes:
    """Return up to ``size`` of the first bytes, decompressed or as they are."""
    if not unpack:
        with path.open("rb") as file:
            return file.read(size)
    with open_bytes(path) as (stream, _):
        return read_full(stream, size)


def read_up_to(path: Path, most: int, what: str) -> bytes:
    """Return all of a file's decompressed bytes; ValueError if there are more than ``most``."""
    with open_bytes(path) as (stream, _):
        data = read_full(stream, most + 1)
    if len(data) > most:
        raise ValueError(f"{path}: a {what} of more than {most} bytes is none for these vectors")
    return data


def transcoded(pieces: Iterable[bytes], path: Path, options: Options) -> Iterator[bytes]:
    """Yield pieces as UTF-8 where the encoding asked for does not split as bytes (UTF-16)."""
    if options.splits_as_bytes:
        yield from pieces
        return
    decoder = codecs.getincrementaldecoder(options.encoding)(options.errors)
    try:
        for piece in pieces:
            yield decoder.decode(piece).encode("utf-8", "surrogatepass")
        yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")
    except UnicodeError as error:
        raise ValueError(
            f"{path} is not {options.encoding} ({error}): pass the file's encoding, or "
            "errors='replace'"
        ) from None


def decoded_bytes(data: bytes, path: Path, options: Options) -> bytes:
    """Return whole data as `transcoded` would."""
    return b"".join(transcoded([data], path, options))


def read_full(stream: IO[bytes], size: int) -> bytes:
    """Read ``size`` bytes, or what there is: a decompressor may hand out less at a time.

    ``size`` may be far more than there is: no read asks for more memory than `_PIECE` at once.
    """
    pieces = []
    while size > 0:
        piece = stream.read(min(size, _PIECE))
        if not piece:
            break
        pieces.append(piece)
        size -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def chunks(path: Path, size: int, verbose: bool) -> Iterator[bytes]:
    """Yield a file's decompressed bytes by ``size``; the next piece is read while one is used."""
    with (
        open_bytes(path) as (stream, raw),
        progress_bar(split_member(path)[0].stat().st_size, f"reading {path.name}", verbose) as bar,
        ThreadPoolExecutor(1) as reader,
    ):
        upcoming = reader.submit(read_full, stream, size)
        while piece := upcoming.result():
            upcoming = reader.submit(read_full, stream, size)
            bar.update(raw.tell() - bar.n)
            yield piece


def line_chunks(pieces: Iterable[bytes], path: Path) -> Iterator[bytes]:
    """Yield pieces anew, so that each ends with a line; the last one may not.

    Raises
    ------
    ValueError
        If a line is longer than 64 MiB: then this is no text file.
    """
    rest = b""
    for piece in pieces:
        cut = piece.rfind(b"\n") + 1
        if cut:
            yield rest + piece[:cut]
            rest = piece[cut:]
        else:
            rest += piece
        if len(rest) > LONGEST_LINE:
            raise ValueError(
                f"{path}: no line end in {len(rest)} bytes, so this is no text file of vectors: "
                "name its format with format="
            )
    if rest:
        yield rest
