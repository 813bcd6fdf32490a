"""Files that appear whole or not at all; which files are compressed vocabularies.

What is written goes to a *part* beside its target, ``.NAME.HEX.part``, and takes the target's place
by one rename once it is on the disk. A writer holds a lock on its part: a part that nobody holds is
what a killed writer left, and the next writer to the same target removes it. (Where a system has no
such locks, on Windows, parts of killed writers stay.)
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any

try:
    import fcntl
except ModuleNotFoundError:
    fcntl = None  # type: ignore[assignment]

VOCABULARY_FORMAT = "iiq-vocabulary"  # the mark in the header of a compressed vocabulary,
INDEX_FORMAT = "iiq-index"  # and of an index without words
_LONGEST_HEADER = 16 << 20
ENCODER_MEMBER = "encoder.json"  # the first array in the .npz of a saved encoder

_SECOND = "second"  # how the part of the second file of a pair ends


def is_vocabulary(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is a compressed vocabulary."""
    return _bears(path, VOCABULARY_FORMAT)


def is_index(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is a saved index without words."""
    return _bears(path, INDEX_FORMAT)


def is_encoder(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is a saved encoder."""
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        head = file.read(30 + len(ENCODER_MEMBER))  # a zip member's name begins at byte 30
    return head.startswith(b"PK") and head.endswith(ENCODER_MEMBER.encode())


def _bears(path: str | os.PathLike[str], mark: str) -> bool:
    """Return whether a file is a safetensors file whose header bears a mark of ours."""
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if file.read(1) != b"{":
            return False
        return f'"{mark}"'.encode() in file.read(min(length, _LONGEST_HEADER))


def _part_of(target: Path, token: str, ending: str = "part") -> Path:
    return target.with_name(f".{target.name}.{token}.{ending}")


def _token() -> str:
    return secrets.token_hex(6)


def _parts(target: Path) -> Iterator[tuple[Path, str, str]]:
    """Yield the parts of a target that lie beside it, each with its token and ending."""
    pattern = re.compile(re.escape(f".{target.name}.") + rf"([0-9a-f]{{12}})\.(part|{_SECOND})")
    with contextlib.suppress(OSError):
        for name in os.listdir(target.parent):
            if found := pattern.fullmatch(name):
                yield target.with_name(name), found[1], found[2]


# -- who lives, and what the dead left -------------------------------------------------------------


def _lock(handle: int, how: int) -> bool:
    """Take a lock; return False if another holds it, or where the file system knows no locks."""
    try:
        fcntl.flock(handle, how)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep other writers waiting: a part is made and locked, or looked at, in one go."""
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        _lock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _if_dead(part: Path, action: Callable[[], object]) -> None:
    """Do something about a part if its writer is dead."""
    if fcntl is None:
        return
    with contextlib.suppress(OSError):
        handle = os.open(part, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            if _lock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB):
                action()
        finally:
            os.close(handle)


def _remove(part: Path) -> None:
    if part.is_dir():
        shutil.rmtree(part, ignore_errors=True)
    else:
        part.unlink()


def _remove_dead_parts(target: Path) -> None:
    for part, _, _ in _parts(target):
        _if_dead(part, partial(_remove, part))


# -- what is replaced ------------------------------------------------------------------------------


def place_of(path: str | os.PathLike[str]) -> tuple[Path, os.stat_result | None]:
    """Return the file that ``path`` leads to, links followed, and what is there now.

    Raises
    ------
    IsADirectoryError, ValueError
        If a folder is there, or a pipe, a socket or a device: what cannot be replaced by a file.
    """
    try:
        old = os.stat(path)
    except FileNotFoundError:
        old = None
    if old is not None and stat.S_ISDIR(old.st_mode):
        raise IsADirectoryError(f"{os.fspath(path)} is a folder: name a file in it")
    if old is not None and not stat.S_ISREG(old.st_mode):
        raise ValueError(
            f"{os.fspath(path)} is a pipe, a socket or a device, which no file can replace: "
            "write to a file and copy it there"
        )
    return Path(os.path.realpath(path)), old


def _keep_owner_and_mode(handle: int, old: os.stat_result | None) -> None:
    """Give a new file the owner, group and mode of the one it replaces, as far as one may."""
    if old is None or os.name != "posix":
        return
    try:
        os.fchown(handle, old.st_uid, old.st_gid)
    except PermissionError:
        with contextlib.suppress(PermissionError):
            os.fchown(handle, -1, old.st_gid)
    os.fchmod(handle, stat.S_IMODE(old.st_mode))


def _take_place(file: IO[bytes], part: Path, target: Path) -> None:
    """Put a part on the disk and in its place; it stays open, so that it stays locked."""
    file.flush()
    os.fsync(file.fileno())
    if fcntl is None:
        file.close()  # no open file can be renamed there
    os.replace(part, target)


# -- one file --------------------------------------------------------------------------------------


@contextlib.contextmanager
def _new_part(part: Path, old: os.stat_result | None, first: Path | None = None) -> Iterator[Any]:
    """Open a part; it is removed on an error, but for a second one whose first is in place."""
    with _alone_in(part.parent):
        file = open(part, "xb")  # noqa: SIM115 - closed below, after the lock on the folder
        if fcntl is not None:
            _lock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    with file:
        try:
            _keep_owner_and_mode(file.fileno(), old)
            yield file
        except BaseException:
            if first is None or first.exists():
                with contextlib.suppress(OSError):
                    part.unlink()
            raise


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a new file that replaces ``path`` when the block ends without an error.

    A link is followed; owner and mode of the old file are kept.
    """
    target, old = place_of(path)
    with _alone_in(target.parent):
        _remove_dead_parts(target)
    part = _part_of(target, _token())
    with _new_part(part, old) as file:
        yield file
        _take_place(file, part, target)
    sync_folder(target.parent)


# -- two files that belong together ----------------------------------------------------------------


@contextlib.contextmanager
def replacing_pair(first: Path, second: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Open two new files that replace two, the first of which is the one that readers open.

    Two renames cannot be one: a kill between them leaves the new first file and the part of the
    second. `second_of` finds it there, so readers see the old pair or the new one.
    """
    (one, old_one), (two, old_two) = place_of(first), place_of(second)
    with _alone_in(one.parent):
        if (pending := second_of(one, two)) != two:
            _if_dead(pending, lambda: os.replace(pending, two))
        _remove_dead_parts(one)
        _remove_dead_parts(two)
    token = _token()
    part, other_part = _part_of(one, token), _part_of(two, token, _SECOND)
    with _new_part(part, old_one) as file, _new_part(other_part, old_two, part) as other:
        yield file, other
        other.flush()
        os.fsync(other.fileno())
        _take_place(file, part, one)
        sync_folder(one.parent)  # the names, too: the first may not come after the second
        _take_place(other, other_part, two)
    sync_folder(two.parent)


def second_of(first: Path, second: Path) -> Path:
    """Return the second file of a pair: ``second``, or its part where a writer was killed."""
    for part, token, ending in _parts(second):
        if ending == _SECOND and not _part_of(first, token).exists():
            return part
    return second


# -- a file and those beside it, for other readers -------------------------------------------------


@contextlib.contextmanager
def beside(target: Path) -> Iterator[Path]:
    """Make an empty folder beside ``target`` for files on their way; gone when the block ends."""
    part = _part_of(target, _token())
    with _alone_in(target.parent):
        _remove_dead_parts(target)
        part.mkdir()
        handle = None if fcntl is None else os.open(part, os.O_RDONLY)
        if handle is not None:
            _lock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def publish(folder: Path, names: Sequence[str], target: Path) -> None:
    """Move files from a folder of `beside` to where ``target`` is; ``target`` comes last.

    Where there is more than one, the old ``target`` goes first: whoever finds a file under that
    name finds beside it what belongs to it, whenever the writer is killed. An error brings all old
    files back.
    """
    ordered = sorted(names, key=lambda name: name == target.name)
    for name in ordered:
        _, old = place_of(target.with_name(name))
        with open(folder / name, "rb+") as file:
            _keep_owner_and_mode(file.fileno(), old)
            os.fsync(file.fileno())
    if len(ordered) == 1:
        os.replace(folder / target.name, target)
    else:
        _exchange(folder, ordered, target)
    sync_folder(target.parent)


def _exchange(folder: Path, ordered: list[str], target: Path) -> None:
    away = Path(tempfile.mkdtemp(dir=folder))
    try:
        for name in reversed(ordered):
            with contextlib.suppress(FileNotFoundError):
                os.replace(target.with_name(name), away / name)
        for name in ordered:
            os.replace(folder / name, target.with_name(name))
    except BaseException:
        for name in ordered:
            if (away / name).exists():
                os.replace(away / name, target.with_name(name))
            elif not (folder / name).exists():
                target.with_name(name).unlink()
        raise


def sync_folder(folder: Path) -> None:
    """Put new names in a folder on the disk, too; done as far as the file system knows how."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):  # the files are in place: nothing is left to undo
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
