"""What a compressed vocabulary costs while it is used: disk, memory, time to open, look-ups.

    python -m bench.speed.memory WORDS.txt [--words 2000000] [--bits 300] [--folder /tmp] [--peers]

WORDS.txt holds real words, one a line (GloVe's, say); made-up ones, pairs of real words, fill up to
the number asked for. Codes are random: nothing here depends on their values. Every figure is taken
in a fresh process that first opens a tiny vocabulary, so that imports are not counted. Resident
memory is Rss of /proc/self/smaps_rollup (all pages, mapped ones too), shared memory is counted once
by Pss; times are CPU seconds of the process. `--peers` adds gensim with mmap="r" on the same words
and float32 vectors of as many numbers (4 bytes a number on disk), and the word tables of
marisa-trie and DAWG2.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import iiq
from bench.common import Clock, apart, command, command_line, cpu_seconds, random_codes
from bench.speed import word_tables

MODULE = "bench.speed.memory"
PROCESSES = 8
LOOKUPS = 100_000


def resident(field: str = "Rss") -> int:
    """Return bytes of resident (Rss) or fairly shared (Pss) memory of this process."""
    with open("/proc/self/smaps_rollup", encoding="ascii") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field + ":"))


def make_vocabulary(words: list[str], n_bits: int, path: Path) -> None:
    """Write a vocabulary of random codes."""
    generator = np.random.default_rng(0)
    codes = random_codes(len(words), n_bits, 0)
    encoder = iiq.LSH(n_bits, random_state=0).fit(generator.standard_normal((1000, n_bits)))
    iiq.BinaryKeyedVectors(words, iiq.HammingIndex(codes, n_bits), encoder).save(path)


def make_gensim(words: list[str], dim: int, path: Path) -> None:
    """Write a gensim file whose vectors lie beside it, without holding them in memory."""
    from gensim.models import KeyedVectors

    block = np.random.default_rng(0).standard_normal((10_000, dim)).astype(np.float32)
    kv = KeyedVectors(dim)
    kv.index_to_key = words
    kv.key_to_index = {word: row for row, word in enumerate(words)}
    shape = (len(words), dim)
    kv.vectors = np.memmap(path.with_suffix(".raw"), dtype=np.float32, mode="w+", shape=shape)
    for start in range(0, len(words), len(block)):
        kv.vectors[start : start + len(block)] = block[: len(words) - start]
    kv.save(str(path))
    path.with_suffix(".raw").unlink()


def open_ours(path: str) -> Any:
    return iiq.load(path)


def open_gensim(path: str) -> Any:
    from gensim.models import KeyedVectors

    return KeyedVectors.load(path, mmap="r")


OPENERS = {"iiq": open_ours, "gensim": open_gensim}


def child(engine: str, tiny: str, path: str) -> dict[str, float]:
    """Open, ask, look up; return the figures. Runs in a process of its own."""
    load = OPENERS[engine]
    asked = load(tiny).most_similar(0, topn=3)
    assert len(asked) == 3
    figures: dict[str, float] = {}
    before = resident()
    with Clock() as opening:
        vocabulary = load(path)
    figures["open_ms"], figures["open_wall_ms"] = 1e3 * opening.cpu, 1e3 * opening.wall
    figures["resident_open"] = resident() - before
    for row, which in enumerate(("first", "second"), 1):
        asking = partial(vocabulary.most_similar, row, topn=10)
        figures[f"{which}_answer_ms"] = 1e3 * cpu_seconds(asking)
    figures["resident_answered"] = resident() - before
    generator = random.Random(1)
    rows = [generator.randrange(len(vocabulary)) for _ in range(LOOKUPS)]
    words = [vocabulary.index_to_key[row] for row in rows]
    with Clock() as looking:
        found = [vocabulary.key_to_index[word] for word in words]
    figures["lookups_a_second"] = LOOKUPS / looking.cpu
    assert found == rows
    figures["resident_all"] = resident() - before
    return figures


def run_child(*arguments: str) -> dict[str, float]:
    out = apart(MODULE, "--child", *arguments, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    answer: dict[str, float] = json.loads(out)
    return answer


def wait_child(engine: str, tiny: str, path: str) -> None:
    """Open and ask, say so, wait for a line, print Pss beyond the imports."""
    load = OPENERS[engine]
    load(tiny).most_similar(0, topn=3)
    before = resident("Pss")
    vocabulary = load(path)
    vocabulary.most_similar(1, topn=10)
    print("ready", flush=True)
    sys.stdin.readline()
    print(resident("Pss") - before, flush=True)
    sys.stdin.readline()


def shared(engine: str, tiny: str, path: str) -> int:
    """Return the bytes that several processes hold together, each having answered once."""
    arguments = command(MODULE, "--wait", engine, tiny, path)
    children = []
    for _ in range(PROCESSES):  # one after the other: gensim's first answer copies all vectors
        process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        children.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    total = 0
    for process in children:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("\n")
        process.stdin.flush()
        total += int(process.stdout.readline())
    for process in children:
        process.communicate("\n")
    return total


def report(name: str, size: int, payload: int, figures: dict[str, float], together: int) -> None:
    mb = 1e6
    print(f"\n{name}: {size / mb:.1f} MB on disk")
    print(f"  opened in {figures['open_ms']:.2f} ms CPU, {figures['open_wall_ms']:.2f} ms wall")
    print(
        f"  first answer {figures['first_answer_ms']:.2f} ms CPU, "
        f"second {figures['second_answer_ms']:.2f} ms"
    )
    print(f"  {figures['lookups_a_second'] / mb:.2f} million look-ups a second")
    for key, what in (
        ("resident_open", "opened"),
        ("resident_answered", "answered twice"),
        ("resident_all", f"{LOOKUPS} words looked up"),
    ):
        share = figures[key] / payload
        print(f"  resident, {what}: {figures[key] / mb:.1f} MB, {share:.2f} x vectors")
    print(f"  {PROCESSES} processes, each answered, together (Pss): {together / mb:.1f} MB")


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("real", type=Path, help="a file of real words, one a line")
    parser.add_argument("--words", type=int, default=2_000_000)
    parser.add_argument("--bits", type=int, default=300)
    parser.add_argument("--folder", type=Path, default=None, help="where to put files meanwhile")
    parser.add_argument("--peers", action="store_true", help="gensim and other word tables, too")
    arguments = parser.parse_args()
    words = word_tables.read_words(arguments.real, arguments.words)
    letters = sum(len(word.encode()) for word in words)
    print(f"{len(words)} words of {letters / len(words):.1f} bytes, {arguments.bits} bits a code")
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        path, tiny = folder / "words.iiq", folder / "tiny.iiq"
        make_vocabulary(words, arguments.bits, path)
        make_vocabulary(words[:5], 16, tiny)
        codes = len(words) * arguments.bits // 8
        figures = run_child("iiq", str(tiny), str(path))
        together = shared("iiq", str(tiny), str(path))
        report("iiq", path.stat().st_size, codes, figures, together)
        if arguments.peers:
            print()
            word_tables.compare(words, folder)
            path, tiny = folder / "words.kv", folder / "tiny.kv"
            make_gensim(words, arguments.bits, path)
            make_gensim(words[:5], 16, tiny)
            size = sum(part.stat().st_size for part in folder.glob("words.kv*"))
            figures = run_child("gensim", str(tiny), str(path))
            together = shared("gensim", str(tiny), str(path))
            report("gensim, mmap", size, len(words) * arguments.bits * 4, figures, together)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(child(*sys.argv[2:])))
    elif sys.argv[1:2] == ["--wait"]:
        wait_child(*sys.argv[2:])
    else:
        main()
