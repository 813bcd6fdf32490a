"""A file's bytes, decompressed where needed: plain, gz, bz2, xz, zst, and one member of a zip."""

from __future__ import annotations

import bz2
import contextlib
import importlib
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from iiq.vectors.readers._gzip import GzipStream
from iiq.vectors.readers._source import extra, progress_bar

_MAGIC = {
    b"\x1f\x8b": "gz",
    b"BZh": "bz2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zst",
    b"PK\x03\x04": "zip",
}
_LONGEST_LINE = 1 << 26
HEAD = 1 << 20  # bytes that a format is recognised by


def split_member(path: Path) -> tuple[Path, str | None]:
    """Split ``archive.zip/member.txt`` into the archive and the member's name."""
    if path.exists():
        return path, None
    for parent in path.parents:
        if parent.suffix == ".zip" and parent.is_file():
            return parent, path.relative_to(parent).as_posix()
    return path, None


def compression_of(path: Path) -> str | None:
    """Name the compression of a file by its first bytes, None for a plain one."""
    with path.open("rb") as file:
        head = file.read(6)
    return next((name for magic, name in _MAGIC.items() if head.startswith(magic)), None)


def _member(archive: zipfile.ZipFile, path: Path, name: str | None) -> IO[bytes]:
    members = [item.filename for item in archive.infolist() if not item.is_dir()]
    if name is None:
        if len(members) != 1:
            raise ValueError(
                f"{path} holds {len(members)} files: name one of them, as in "
                f"{path}/{members[0] if members else 'NAME'} ({', '.join(members[:10])})"
            )
        name = members[0]
    if name not in members:
        raise ValueError(f"{path} has no member {name!r}, it has: {', '.join(members[:10])}")
    return archive.open(name)


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
        return cast(IO[bytes], GzipStream(raw))
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
            yield stream, raw
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


def read_head(path: Path, unpack: bool) -> bytes:
    """Return up to ``HEAD`` of the first bytes, decompressed or as they are."""
    if not unpack:
        with path.open("rb") as file:
            return file.read(HEAD)
    with open_bytes(path) as (stream, _):
        return read_full(stream, HEAD)


def read_all(path: Path) -> bytes:
    """Return all of a file's decompressed bytes."""
    with open_bytes(path) as (stream, _):
        return stream.read()


def read_full(stream: IO[bytes], size: int) -> bytes:
    """Read ``size`` bytes, or what there is: a decompressor may hand out less at a time."""
    pieces = []
    while size > 0:
        piece = stream.read(size)
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


def line_chunks(path: Path, size: int, verbose: bool) -> Iterator[bytes]:
    """Yield a file's decompressed bytes in pieces that end with a line; the last one may not.

    Raises
    ------
    ValueError
        If a line is longer than 64 MiB: then this is no text file.
    """
    rest = b""
    for piece in chunks(path, size, verbose):
        cut = piece.rfind(b"\n") + 1
        if cut:
            yield rest + piece[:cut]
            rest = piece[cut:]
        else:
            rest += piece
        if len(rest) > _LONGEST_LINE:
            raise ValueError(
                f"{path}: no line end in {len(rest)} bytes, so this is no text file of vectors: "
                "name its format with format="
            )
    if rest:
        yield rest
