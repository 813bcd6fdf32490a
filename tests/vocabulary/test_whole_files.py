"""Files appear whole or not at all: killed, failing and concurrent writers; owners and modes."""

import os
import re
import signal
import stat
import threading
from pathlib import Path

import numpy as np
import pytest

import iiq
from iiq._support import files
from iiq._support.files import beside, publish, replacing, replacing_pair, second_of
from iiq.vectors.readers import read_vectors
from iiq.vectors.writers import write_vectors


def killed(function):
    """Run a function in a child process; return whether a signal ended it."""
    child = os.fork()
    if not child:
        try:
            function()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def die_at_replace(number):
    """Let the process die where the number-th rename would be."""
    real, count = os.replace, iter(range(1000))

    def replace(a, b):
        if next(count) == number:
            die()
        real(a, b)

    os.replace = replace


def names(folder):
    return sorted(path.name for path in Path(folder).iterdir())


# -- one file --------------------------------------------------------------------------------------


def write(path, data):
    with replacing(path) as file:
        file.write(data)


def test_mode_and_owner_are_kept(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    path.chmod(0o640)
    me, group = os.getuid(), os.getgid()
    if me == 0:
        os.chown(path, 12345, 54321)
        me, group = 12345, 54321
    write(path, b"new")
    now = path.stat()
    assert path.read_bytes() == b"new"
    assert (stat.S_IMODE(now.st_mode), now.st_uid, now.st_gid) == (0o640, me, group)


def test_what_is_being_written_is_no_more_open_than_the_old_file(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"secret")
    path.chmod(0o600)
    with replacing(path) as file:
        assert stat.S_IMODE(os.fstat(file.fileno()).st_mode) == 0o600


def test_exports_keep_the_mode(tmp_path):
    kv = iiq.BinaryKeyedVectors(["a", "b"], iiq.HammingIndex(np.zeros((2, 4), np.uint8), 32))
    for name in ("x.npy", "x.npy.words.txt"):
        (tmp_path / name).write_bytes(b"old")
        (tmp_path / name).chmod(0o604)
    kv.export("npy", tmp_path / "x.npy", overwrite=True)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {0o604}


def test_a_link_is_followed(tmp_path):
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "x", tmp_path / "link"
    link.symlink_to(target)
    write(link, b"first")  # the link led nowhere
    write(link, b"second")
    assert link.is_symlink()
    assert target.read_bytes() == b"second"


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_is_no_file_is_refused(kind, tmp_path):
    path = tmp_path / "x"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path = Path("/dev/null")
    kv = iiq.BinaryKeyedVectors(["a", "b"], iiq.HammingIndex(np.zeros((2, 4), np.uint8), 32))
    wanted = IsADirectoryError if kind == "folder" else ValueError
    for attempt in (
        lambda: kv.save(path),
        lambda: kv.export("npy", path, overwrite=True),
        lambda: write_vectors((["a"], [[1.0]]), path, format="word2vec"),
        lambda: write_vectors((["a"], [[1.0]]), path, format="npy"),
    ):
        with pytest.raises(wanted, match=re.escape(str(path))):
            attempt()
    assert names(tmp_path) == ([] if kind == "device" else ["x"])


def test_a_killed_writer_leaves_the_old_file_and_the_next_writer_tidies_up(tmp_path):
    path = tmp_path / "x"
    write(path, b"old")

    def start():
        with replacing(path) as file:
            file.write(b"half")
            die()

    other = tmp_path / ".y.0123456789ab.part"
    other.write_bytes(b"of another file")
    mine = tmp_path / ".x.part"
    mine.write_bytes(b"no part of ours")
    for _ in range(3):
        assert killed(start)
    assert len(names(tmp_path)) == 4  # each start removes what the one before it left
    assert path.read_bytes() == b"old"
    write(path, b"new")
    assert names(tmp_path) == [mine.name, other.name, "x"]
    assert path.read_bytes() == b"new"


def test_a_writer_that_lives_keeps_its_part(tmp_path):
    path = tmp_path / "x"
    with replacing(path) as slow:
        slow.write(b"slow")
        write(path, b"quick")
        assert path.read_bytes() == b"quick"
    assert path.read_bytes() == b"slow"
    assert names(tmp_path) == ["x"]


def test_no_part_is_written_over(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_token", lambda: "0" * 12)
    path = tmp_path / "x"
    with replacing(path) as first:
        first.write(b"first")
        with pytest.raises(FileExistsError):
            write(path, b"second")
    assert path.read_bytes() == b"first"


def test_many_writers_at_once(tmp_path):
    path, failed = tmp_path / "x", []

    def many(number):
        try:
            for _ in range(50):
                write(path, b"%d" % number * 1000)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=many, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert names(tmp_path) == ["x"]
    assert path.read_bytes() in [b"%d" % n * 1000 for n in range(4)]


def test_where_there_are_no_locks_nothing_is_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "fcntl", None)
    path, left = tmp_path / "x", tmp_path / ".x.0123456789ab.part"
    left.write_bytes(b"whose?")
    write(path, b"new")
    with beside(path) as folder:
        assert folder.is_dir()
    assert names(tmp_path) == [left.name, "x"]


@pytest.mark.parametrize("call", ["fsync", "replace", "fchmod"])
def test_an_error_leaves_the_old_file_alone(call, tmp_path, monkeypatch):
    path = tmp_path / "x"
    write(path, b"old")

    def fail(*_):
        raise OSError(5, "made to fail")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="made to fail"):
        write(path, b"new")
    monkeypatch.undo()
    assert names(tmp_path) == ["x"]
    assert path.read_bytes() == b"old"


def test_the_folder_is_put_on_the_disk_too(tmp_path, monkeypatch):
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(os.fstat(fd).st_ino), real(fd)))
    write(tmp_path / "x", b"new")
    assert synced == [(tmp_path / "x").stat().st_ino, tmp_path.stat().st_ino]


# -- pairs -----------------------------------------------------------------------------------------

OLD = (["a", "b"], np.ones((2, 3), np.float32))
NEW = (["x", "y", "z"], np.full((3, 3), 5, np.float32))


def state_of(path):
    wv = read_vectors(path)
    for name, (words, vectors) in {"old": OLD, "new": NEW}.items():
        if list(wv.words) == words and np.array_equal(wv.vectors, vectors):
            return name
    return f"torn: {wv.words} {np.asarray(wv.vectors)}"


@pytest.mark.parametrize(("number", "state"), [(0, "old"), (1, "new")])
def test_a_pair_torn_by_a_kill_is_the_old_or_the_new_one(number, state, tmp_path):
    path = tmp_path / "v.npy"
    write_vectors(OLD, path)

    def replace_pair():
        die_at_replace(number)
        write_vectors(NEW, path)

    assert killed(replace_pair)
    assert state_of(path) == state
    write_vectors(OLD, path)
    assert state_of(path) == "old"
    assert names(tmp_path) == ["v.npy", "v.words.txt"]


@pytest.mark.parametrize(("number", "state"), [(0, "old"), (1, "new")])
def test_a_pair_whose_rename_fails_is_the_old_or_the_new_one(number, state, tmp_path, monkeypatch):
    path = tmp_path / "v.npy"
    write_vectors(OLD, path)
    real, count = os.replace, iter(range(99))

    def replace(a, b):
        if next(count) == number:
            raise OSError(5, "made to fail")
        real(a, b)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(OSError, match="made to fail"):
        write_vectors(NEW, path)
    monkeypatch.undo()
    assert state_of(path) == state


def test_a_writer_killed_after_a_torn_pair_does_not_lose_it(tmp_path):
    path = tmp_path / "v.npy"
    write_vectors(OLD, path)

    def torn():
        die_at_replace(1)
        write_vectors(NEW, path)

    def half():
        with replacing_pair(path, tmp_path / "v.words.txt"):
            die()

    assert killed(torn)
    assert killed(half)
    assert state_of(path) == "new"


def test_the_second_file_is_its_part_only_where_the_first_is_in_place(tmp_path):
    first, second = tmp_path / "v.npy", tmp_path / "v.words.txt"
    with replacing_pair(first, second):
        assert second_of(first, second) == second
    assert second_of(first, second) == second


# -- files for other readers -----------------------------------------------------------------------

FILES = {"x": b"main", "x.words": b"words", "x.more": b"more"}


def export(folder, prefix=b""):
    target = folder / "x"
    with beside(target) as room:
        for name, data in FILES.items():
            (room / name).write_bytes(prefix + data)
        publish(room, list(FILES), target)


def state_of_export(folder):
    found = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    if found == FILES:
        return "old"
    return "new" if found == {name: b"new " + data for name, data in FILES.items()} else found


@pytest.mark.parametrize("number", range(6))
def test_whoever_finds_the_main_file_finds_what_belongs_to_it(number, tmp_path):
    export(tmp_path)

    def replace():
        die_at_replace(number)
        export(tmp_path, b"new ")

    assert killed(replace)
    state = state_of_export(tmp_path)
    assert (state == "old") if number == 0 else ("x" not in state)
    export(tmp_path, b"new ")
    assert state_of_export(tmp_path) == "new"
    assert len(names(tmp_path)) == 3


@pytest.mark.parametrize("number", range(6))
def test_an_error_while_files_change_places_brings_the_old_ones_back(number, tmp_path, monkeypatch):
    export(tmp_path)
    real, count = os.replace, iter(range(99))

    def replace(a, b):
        if next(count) == number:
            raise OSError(5, "made to fail")
        real(a, b)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(OSError, match="made to fail"):
        export(tmp_path, b"new ")
    assert state_of_export(tmp_path) == "old"
    assert len(names(tmp_path)) == 3


def test_a_first_export_that_fails_leaves_nothing(tmp_path, monkeypatch):
    real, count = os.replace, iter(range(99))

    def replace(a, b):
        if "x" in (Path(a).name, Path(b).name) and next(count) == 1:
            raise OSError(5, "made to fail")
        real(a, b)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(OSError, match="made to fail"):
        export(tmp_path)
    assert names(tmp_path) == []


def test_the_folder_of_a_killed_export_is_removed_by_the_next(tmp_path):
    def start():
        with beside(tmp_path / "x") as room:
            (room / "x").write_bytes(b"half")
            die()

    assert killed(start)
    assert len(names(tmp_path)) == 1
    export(tmp_path)
    assert state_of_export(tmp_path) == "old"
    assert len(names(tmp_path)) == 3


def test_no_file_is_written_through_a_map():
    # a map of a file that has no room yet ends the process (SIGBUS) where the disk is full
    source = Path(iiq.__file__).parent
    writable = re.compile(r"open_memmap\(.*mode=.[rw]\+|memmap\(.*[rw]\+|ACCESS_WRITE|MAP_SHARED")
    found = [str(path) for path in source.rglob("*.py") if writable.search(path.read_text())]
    assert found == []
