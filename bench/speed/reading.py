"""Reading of text vectors: our parser, its Python twin and gensim, in turn on the same file.

    python -m bench.speed.reading [FILE] [--rows 50000] [--dim 300] [--packed] [--repeat 3]

Without FILE a GloVe-like file of random numbers (5 decimals) is made. Units: process CPU seconds
and wall seconds, the best of --repeat turns of each; MB are 10^6 bytes of text; the ratio is
gensim's time over ours, taken in one process on one file. "memory" is the growth of the peak
resident size (Linux) while the file is read, measured in a process of its own.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

import iiq
from bench.common import Clock, command_line, forced

Reader = Callable[[Path], object]


def make_file(path: Path, n_rows: int, dim: int) -> None:
    """Write random words and numbers as GloVe does."""
    rng = np.random.default_rng(0)
    with path.open("w") as file:
        for start in range(0, n_rows, 1000):
            block = rng.standard_normal((min(1000, n_rows - start), dim)) * 0.4
            rows = [" ".join([f"{x:.5f}" for x in row]) for row in block.tolist()]
            file.writelines(f"word{start + i} {row}\n" for i, row in enumerate(rows))


def with_gensim(path: Path) -> object:
    from gensim.models import KeyedVectors

    return KeyedVectors.load_word2vec_format(str(path), no_header=True)


def in_python(path: Path) -> object:
    with forced("numba"):
        return iiq.read_vectors(path)


def in_blocks(path: Path) -> object:
    return sum(len(words) for words, _ in iiq.iter_vectors(path))


READERS: dict[str, Reader] = {
    "gensim load_word2vec_format": with_gensim,
    "read_vectors, Python twin": in_python,
    "read_vectors, 1 thread": lambda path: iiq.read_vectors(path, threads=1),
    "read_vectors, all threads": iiq.read_vectors,
    "iter_vectors, all threads": in_blocks,
}


def time_of(reader: Reader, path: Path) -> tuple[float, float]:
    """Return CPU and wall seconds of one reading."""
    with Clock() as clock:
        reader(path)
    return clock.cpu, clock.wall


def memory_of(code: str) -> float:
    """Return by how many MB the peak of a fresh process grows while it runs ``code``."""
    program = (
        "import re, tqdm, iiq as r; r.iter_vectors, r.kernels()\n"
        "peak = lambda: int(re.search('VmHWM: *(.*) kB', open('/proc/self/status').read())[1])\n"
        f"before = peak()\n{code}\nprint((peak() - before) * 1024 / 1e6)"
    )
    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    return float(run.stdout)


def report(path: Path, size: int, readers: dict[str, Reader], repeat: int) -> None:
    """Print a table of the readers on one file."""
    best = dict.fromkeys(readers, (float("inf"), float("inf")))
    for _ in range(repeat):
        for name, reader in readers.items():  # in turn: a busy machine slows all alike
            cpu, wall = time_of(reader, path)
            best[name] = min(best[name][0], cpu), min(best[name][1], wall)
    base = best["gensim load_word2vec_format"]
    print(f"\n{path.name}: {size / 1e6:.1f} MB of text")
    print(f"{'':30}{'CPU s':>9}{'wall s':>9}{'MB/s wall':>11}{'CPU ratio':>11}{'wall ratio':>11}")
    for name, (cpu, wall) in best.items():
        ratios = f"{base[0] / cpu:11.1f}{base[1] / wall:11.1f}"
        print(f"{name:30}{cpu:9.3f}{wall:9.3f}{size / 1e6 / wall:11.0f}{ratios}")


def packed(path: Path) -> list[Path]:
    """Write the file again as .gz and as .zip."""
    zipped = path.with_name(path.name + ".zip")
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, path.name)
    gzipped = path.with_name(path.name + ".gz")
    with gzip.open(gzipped, "wb") as file:
        file.write(path.read_bytes())
    return [gzipped, zipped]


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="text vectors without header")
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--dim", type=int, default=300)
    parser.add_argument("--packed", action="store_true", help="read it from .gz and .zip, too")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.file or Path(folder) / "made_up.txt"
        if arguments.file is None:
            make_file(path, arguments.rows, arguments.dim)
        size = path.stat().st_size
        print(f"{os.cpu_count()} cores, numpy {np.__version__}")
        report(path, size, READERS, arguments.repeat)
        if arguments.packed:
            copy = Path(folder) / path.name
            if copy != path:
                copy.write_bytes(path.read_bytes())
            for archive in packed(copy):
                # gensim can't read a zip: it gets the text.
                readers = READERS | {"gensim load_word2vec_format": gensim_on(archive, copy)}
                report(archive, size, readers, 1)
        matrix = iiq.read_vectors(path).vectors.nbytes / 1e6
        whole = memory_of(f"w = r.read_vectors({str(path)!r})")
        blocks = memory_of(f"n = sum(len(w) for w, _ in r.iter_vectors({str(path)!r}))")
        print(
            f"\nmemory, MB: the matrix {matrix:.0f}, read_vectors {whole:.0f}, "
            f"iter_vectors {blocks:.0f}"
        )


def gensim_on(archive: Path, text: Path) -> Reader:
    return lambda _: with_gensim(text if archive.suffix == ".zip" else archive)


if __name__ == "__main__":
    main()
