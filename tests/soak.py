"""Thousands of rounds of use in one process: `make soak`. What is asked, edited, saved, damaged and
forked stays right, and nothing is left: memory, open files, threads, files.

    python -m tests.soak [ROUNDS] [SEED]
"""

import contextlib
import os
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import iiq
from iiq.vectors.writers import write_vectors
from iiq.vocabulary.keyed_vectors import BinaryKeyedVectors
from tests.damage import damaged_copies

DIM, BITS, N = 16, 40, 300


class Soak:
    """One vocabulary under use, and the same words and codes kept plainly beside it."""

    def __init__(self, folder, seed):
        self.folder, self.rng = Path(folder), np.random.default_rng(seed)
        self.encoder = iiq.IIQ(BITS, random_state=0, n_iter=3).fit(self.rows(400))
        self.number = 0
        self.start_again()

    def rows(self, n):
        return self.rng.standard_normal((n, DIM)).astype(np.float32)

    def start_again(self):
        codes = self.encoder.transform(self.rows(N))
        words = [f"w{i}" for i in range(N)]
        self.plain = dict(zip(words, codes, strict=True))
        self.kv = BinaryKeyedVectors(words, iiq.HammingIndex(codes, BITS), self.encoder)

    def check(self, kv):
        assert list(kv.index_to_key) == list(self.plain)
        assert kv.codes.tobytes() == b"".join(code.tobytes() for code in self.plain.values())

    def add(self):
        if len(self.plain) > 3 * N:
            self.start_again()
        self.number += 1
        words, rows = [f"new{self.number}", "w3"], self.rows(2)
        self.kv.add_vectors(words, rows, replace=True)
        self.plain.update(zip(words, self.encoder.transform(rows), strict=True))

    def refused(self):
        with contextlib.suppress(ValueError):
            self.kv.add_vectors(["good", "bad\ud800"], self.rows(2))
        self.check(self.kv)

    def remove(self):
        gone = list(self.plain)[self.rng.integers(len(self.plain))]
        if gone == "w3" or len(self.plain) < N // 2:
            return
        self.kv = self.kv.remove([gone])
        del self.plain[gone]

    def search(self):
        words, codes = list(self.plain), np.array(list(self.plain.values()))
        query = self.rng.integers(len(words))
        found, ids = self.kv.index.search(codes[[query]], 5, threads=2)
        exact = iiq.hamming(codes, codes[[query]]).ravel()
        np.testing.assert_array_equal(ids[0], np.argsort(exact, kind="stable")[:5])
        np.testing.assert_array_equal(found[0], np.sort(exact)[:5])

    def ask(self):
        assert len(self.kv.most_similar("w3", topn=4)) == 4
        assert self.kv.similarity("w3", "w3") > 0.999

    def save(self):
        self.kv.save(self.folder / "v.iiq")
        again = iiq.load(self.folder / "v.iiq")
        assert again.verify() == []
        self.check(again)

    def refused_save(self):
        self.save()
        real, os.replace = os.replace, None
        try:
            with contextlib.suppress(TypeError):
                self.kv.save(self.folder / "v.iiq")
        finally:
            os.replace = real
        self.check(iiq.load(self.folder / "v.iiq"))

    def damaged(self):
        self.save()
        seed = int(self.rng.integers(1 << 30))
        for copy in damaged_copies((self.folder / "v.iiq").read_bytes(), 4, seed):
            (self.folder / "damaged").write_bytes(copy)
            with contextlib.suppress(ValueError):
                list(iiq.load(self.folder / "damaged").index_to_key)

    def export(self):
        self.kv.export("npy", self.folder / "x.npy", overwrite=True)
        np.testing.assert_array_equal(np.load(self.folder / "x.npy"), self.kv.codes)

    def write_and_read(self):
        rows = self.rows(20)
        name = self.folder / ["v.txt", "v.bin", "v.npy"][self.rng.integers(3)]
        write_vectors(([f"w{i}" for i in range(20)], rows), name)
        np.testing.assert_array_equal(iiq.read_vectors(name).vectors, rows)

    def threads(self):
        threads = [threading.Thread(target=self.ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        self.add()
        for thread in threads:
            thread.join()

    def fork(self):
        if self.rng.integers(20):
            return
        child = os.fork()
        if not child:
            code = 1
            try:
                self.search()
                self.save()
                code = 0
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    ACTIONS = (
        *(add, add, refused, remove, search, search, search, ask, ask),
        *(save, refused_save, damaged, export, write_and_read, threads, fork),
    )


def held():
    """Memory in bytes, open files, threads of this process."""
    used = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return used, len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))


def main(rounds=20_000, seed=1):
    start = time.monotonic()
    with TemporaryDirectory() as folder:
        soak = Soak(folder, seed)
        for number in range(rounds):
            soak.ACTIONS[soak.rng.integers(len(soak.ACTIONS))](soak)
            if number == rounds // 5:
                before = held()
        after = held()
        names = sorted(os.listdir(folder))
    print(
        f"{rounds} rounds in {time.monotonic() - start:.0f} s; at a fifth and the end: memory "
        f"{before[0] >> 20} and {after[0] >> 20} MB, files {before[1]} and {after[1]}, "
        f"threads {before[2]} and {after[2]}; left in the folder: {', '.join(names)}"
    )
    assert after[0] < before[0] + (24 << 20)
    assert after[1] <= before[1]
    assert after[2] <= before[2]  # fewer: a thread of tqdm's or BLAS's has ended
    wanted = {"v.iiq", "damaged", "x.npy", "x.npy.words.txt", "v.txt", "v.bin", "v.npy"}
    assert set(names) <= wanted | {"v.npy.words.txt", "v.words.txt"}, names


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
