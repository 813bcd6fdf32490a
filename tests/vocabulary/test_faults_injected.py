"""What the system refuses - room, memory, files, rights - and SIGKILL at any time: old or new."""

import os
import random
import signal
import time

import numpy as np
import pytest

import iiq
from iiq.cli.convert import convert
from iiq.vectors.writers import write_vectors
from iiq.vocabulary.compress import compress_file

WORDS = [f"w{i}" for i in range(4000)]
CODES = np.random.default_rng(0).integers(256, size=(4000, 25), dtype=np.uint8)


def vocabulary(n):
    return iiq.BinaryKeyedVectors(WORDS[:n], iiq.HammingIndex(CODES[:n], 200))


def save(path, n):
    vocabulary(n).save(path)


def export(path, n):
    vocabulary(n).export("npy", path, overwrite=True)


def write(path, n):
    write_vectors((WORDS[:n], np.ones((n, 8), np.float32)), path)


def source(path, n):
    """Vectors to compress or to convert, in another folder."""
    file = path.parent.with_name(f"{path.parent.name}-{n}.txt")
    if not file.exists():
        write(file, n)
    return file


def compress(path, n):
    compress_file(source(path, n), path, method="sign")


def convert_file(path, n):
    convert(str(source(path, n)), str(path))


def save_encoder(path, n):
    iiq.SignBinarizer().fit(np.arange(2.0 * n).reshape(2, n)).save(path)


def n_compressed(path):
    kv = iiq.load(path)
    assert kv.verify() == []
    assert list(kv.index_to_key) == WORDS[: len(kv)]
    return len(kv)


def n_features(path):
    return iiq.load_encoder(path).n_features_in_


def n_saved(path):
    kv = iiq.load(path)
    assert kv.verify() == []
    assert (kv.codes == CODES[: len(kv)]).all()
    return len(kv)


def n_exported(path):
    words = (path.parent / f"{path.name}.words.txt").read_text().split()
    assert words == WORDS[: len(words)]
    codes = np.load(path)
    assert (codes == CODES[: len(words)]).all()
    return len(codes)


def n_written(path):
    return len(iiq.read_vectors(path))


WAYS = {
    "save": (save, n_saved, "x.iiq"),
    "export": (export, n_exported, "x.npy"),
    "compress": (compress, n_compressed, "c.iiq"),
    "convert": (convert_file, n_written, "c.bin"),
    "encoder": (save_encoder, n_features, "e.encoder"),
    "npy": (write, n_written, "v.npy"),
    "word2vec": (write, n_written, "v.txt"),
    "word2vec-binary": (write, n_written, "v.bin"),
}


@pytest.mark.parametrize("call", ["fsync", "replace", "fchmod", "open"])
@pytest.mark.parametrize("way", WAYS)
def test_each_call_that_fails_in_turn_leaves_the_old_or_the_new(way, call, tmp_path, monkeypatch):
    do, count, name = WAYS[way]
    path = tmp_path / name
    for number in range(20):
        do(path, 100)
        real, calls = getattr(os, call), iter(range(10**6))

        def fail(*arguments, real=real, calls=calls, number=number, **options):
            if next(calls) == number:
                raise OSError(5, "made to fail")
            return real(*arguments, **options)

        monkeypatch.setattr(os, call, fail)
        try:
            do(path, 200)
            ended = True
        except OSError:
            ended = False
        monkeypatch.undo()
        found = count(path)
        assert found in (100, 200)
        if ended:
            assert found == 200
        if next(calls) <= number:
            return  # it failed nowhere any more
    raise AssertionError("never came to an end")


@pytest.mark.parametrize("way", ["save", "npy", "word2vec"])
def test_killed_at_any_time(way, tmp_path):
    do, count, name = WAYS[way]
    path = tmp_path / name
    do(path, 100)
    chance = random.Random(0)
    for _ in range(25):
        child = os.fork()
        if not child:
            while True:
                do(path, 100)
                do(path, 4000)
        time.sleep(chance.random() * 0.06)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert count(path) in (100, 4000)
    do(path, 100)
    assert count(path) == 100
    assert len(list(tmp_path.iterdir())) == (2 if way == "npy" else 1)


LIMITED = """
import os, resource, signal, sys
import numpy as np
sys.path.insert(0, {folder!r})
import test_faults_injected as t
from pathlib import Path
do, count, name = t.WAYS[{way!r}]
path = Path({path!r})
do(path, 100)
do(path, 100)
{limit}
try:
    do(path, 4000)
    ended = True
except (OSError, MemoryError) as error:
    ended = False
{lift}
found = count(path)
assert found == (4000 if ended else 100), (ended, found)
print("ended" if ended else "refused")
"""
SIZE = """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({value}, resource.RLIM_INFINITY))
"""
UNLIMITED = "resource.setrlimit(resource.{name}, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))"
FILES = """
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) - 1 + {value}, hard))
"""
MEMORY = """
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + {value}, resource.RLIM_INFINITY))
"""
LIMITS = {
    "no byte": (SIZE.format(value=0), UNLIMITED.format(name="RLIMIT_FSIZE")),
    "half the file": (SIZE.format(value=50_000), UNLIMITED.format(name="RLIMIT_FSIZE")),
    "no file": (FILES.format(value=0), "resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))"),
    "one file": (FILES.format(value=1), "resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))"),
    "two files": (
        FILES.format(value=2),
        "resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))",
    ),
    "64 kB": (MEMORY.format(value=1 << 16), UNLIMITED.format(name="RLIMIT_AS")),
    "1 MB": (MEMORY.format(value=1 << 20), UNLIMITED.format(name="RLIMIT_AS")),
    "8 MB": (MEMORY.format(value=1 << 23), UNLIMITED.format(name="RLIMIT_AS")),
}


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("way", ["save", "npy", "word2vec"])
def test_where_the_system_refuses(way, limit, tmp_path, run_python):
    start, end = LIMITS[limit]
    script = LIMITED.format(
        way=way,
        folder=os.path.dirname(__file__),
        path=str(tmp_path / WAYS[way][2]),
        limit=start,
        lift=end,
    )
    done = run_python("-c", script)
    assert done.returncode == 0, done.stderr
    if limit in ("no byte", "half the file", "no file"):
        assert done.stdout == "refused\n"


@pytest.mark.parametrize("way", WAYS)
def test_a_folder_that_nobody_may_write_to(way, tmp_path):
    do, count, name = WAYS[way]
    path = tmp_path / name
    do(path, 100)
    tmp_path.chmod(0o555)
    for file in tmp_path.iterdir():
        file.chmod(0o444)
    child = os.fork()
    if not child:
        code = 1
        try:
            if os.getuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            do(path, 200)
        except OSError:
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    tmp_path.chmod(0o755)
    assert count(path) == 100
