r"""Time the training of the rotation, the whole fit and encoding, beside NumPy and faiss.

    python -m bench.speed.fit                             # the bundled words, made 200 000 x 300
    python -m bench.speed.fit --vectors FILE.npy --rows 400000    # your own, repeated if short
    python -m bench.speed.fit --losses FILE.npy FILE.npy  # only: losses of both precisions

All contestants run in turn in one process on one thread; the figures are medians of CPU time. Set
OPENBLAS_NUM_THREADS=1 and OMP_NUM_THREADS=1. Prints Markdown; bench/README.md says what the columns
mean. faiss is left out where it is not installed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import numpy as np

import iiq
from bench.common import (
    Clock,
    Matrix,
    command_line,
    cpu_name,
    cpu_seconds,
    forced,
    print_head,
    print_row,
)
from iiq._support.blas import one_blas_thread
from iiq.encoders._problems import Int8Problem, TrainOptions
from iiq.encoders._rotation import procrustes, random_rotation
from iiq.rows import ArrayRows
from iiq.rows.directions import principal_directions
from iiq.rows.moments import moments


def make_vectors(source: Matrix, rows: int, dim: int, seed: int) -> Matrix:
    """Return rows x dim float32: real rows, with noise of a tenth where they must repeat.

    More columns than the source has are copies under a random rotation, with noise.
    """
    rng = np.random.default_rng(seed)
    out = np.empty((rows, dim), np.float32)
    columns = -(-dim // source.shape[1])
    sd = float(source[:1000].astype(np.float32).std())
    mix = np.linalg.qr(rng.standard_normal((dim, dim)))[0].astype(np.float32)
    for start in range(0, rows, 10_000):
        part = out[start : start + 10_000]
        numbers = np.arange(start, start + len(part))
        picks = [(numbers + 7919 * i) % len(source) for i in range(columns)]
        wide = np.concatenate([source[pick] for pick in picks], axis=1)[:, :dim]
        part[:] = wide.astype(np.float32)
        if rows > len(source) or columns > 1:
            part += 0.1 * sd * rng.standard_normal(part.shape, np.float32)
        if columns > 1:
            part[:] = part @ mix
    return out


class NumpyLoop:
    """The method as one writes it down: float32, two products, an SVD."""

    name = "NumPy float32"

    def __init__(self, Z: Matrix, rotation: Matrix) -> None:
        self.Z, self.rotation = Z, rotation.astype(np.float32)

    def step(self) -> None:
        """Do one iteration."""
        B = np.where(self.Z @ self.rotation >= 0, np.float32(1), np.float32(-1))
        left, _, right = np.linalg.svd(self.Z.T @ B, full_matrices=False)
        self.rotation = left @ right


class Ours:
    """iiq's int8 path with one kernel set."""

    def __init__(
        self, rows: ArrayRows, stats: Any, directions: Any, rotation: Matrix, kernels: str
    ) -> None:
        self.name = f"iiq {kernels}"
        self.kernels = kernels
        self.rotation = rotation
        options = TrainOptions(
            n_iter=1, precision="int8", tol=None, memory_limit=None, threads=1, verbose=False
        )
        values, basis = directions
        with forced(kernels):
            self.problem = Int8Problem(rows, stats.mean, basis, values, rotation.shape[1], options)

    def step(self) -> None:
        """Do one iteration."""
        with forced(self.kernels):
            self.rotation, _ = procrustes(self.problem.cross(self.rotation))


class FaissItq:
    """faiss.ITQMatrix: an iteration is the difference of a longer and a shorter training."""

    name = "faiss ITQMatrix"

    def __init__(self, Z: Matrix) -> None:
        import faiss

        faiss.omp_set_num_threads(1)
        self.faiss, self.Z = faiss, Z

    def train(self, n_iter: int) -> Matrix:
        """Return the rotation after n_iter iterations."""
        matrix = self.faiss.ITQMatrix(self.Z.shape[1])
        matrix.max_iter = n_iter
        matrix.train(self.Z)
        d = self.Z.shape[1]
        rotation: Matrix = self.faiss.vector_to_array(matrix.A).reshape(d, d).T
        return rotation

    def seconds_a_step(self, steps: int) -> float:
        """Return the CPU seconds of one iteration."""
        return (
            cpu_seconds(lambda: self.train(1 + steps)) - cpu_seconds(lambda: self.train(1))
        ) / steps


def loss(Z: Matrix, rotation: Matrix) -> float:
    """Return ||B - Z R||^2 with B the signs of Z R, float64."""
    total = 0.0
    for start in range(0, len(Z), 8192):
        y = Z[start : start + 8192].astype(np.float64) @ rotation
        total += float(((np.where(y >= 0, 1.0, -1.0) - y) ** 2).sum())
    return total


def measure_steps(X: Matrix, options: argparse.Namespace) -> None:
    """Print the time of an iteration of each contestant, and the losses after as many."""
    rows = ArrayRows(X)
    stats = moments(rows)
    values, basis = principal_directions(stats.gram)
    Z = ((X - stats.mean.astype(np.float32)) @ basis.astype(np.float32)).astype(np.float32)
    d = X.shape[1]
    start = random_rotation(d, d, np.random.default_rng(options.seed))
    rivals: list[Any] = [NumpyLoop(Z, start)]
    rivals += [Ours(rows, stats, (values, basis), start, name) for name in options.sets]
    seconds: dict[str, list[float]] = {rival.name: [] for rival in rivals}
    firsts = {rival.name: cpu_seconds(rival.step) for rival in rivals}
    for _ in range(options.steps):
        for rival in rivals:
            seconds[rival.name].append(cpu_seconds(rival.step))
    median = {name: float(np.median(times)) for name, times in seconds.items()}
    losses = {rival.name: loss(Z, rival.rotation) for rival in rivals}
    try:
        faiss = FaissItq(Z)
        median[faiss.name] = faiss.seconds_a_step(min(options.steps, 4))
        losses[faiss.name] = loss(Z, faiss.train(1 + options.steps))
    except ImportError as error:
        print(f"left out: {error}")
    print(f"\nOne iteration, {len(X):,} x {d}, the SVD included\n")
    print_head("iteration", "seconds", "the first", "x NumPy", "x faiss", "loss after all")
    peer = median.get(FaissItq.name)
    for name, time_ in sorted(median.items(), key=lambda item: item[1]):
        first = f"{firsts[name]:.3f}" if name in firsts else ""
        over_faiss = f"{peer / time_:.1f}" if peer else ""
        over_numpy = f"{median[NumpyLoop.name] / time_:.1f}"
        print_row(name, f"{time_:.4f}", first, over_numpy, over_faiss, f"{losses[name]:.0f}")


def measure_whole(X: Matrix, options: argparse.Namespace) -> None:
    """Print the parts of a whole fit with all rows, and of encoding beside the product alone."""
    d = X.shape[1]
    encoder = iiq.IIQ(n_remove=0, train_rows=None, threads=1, random_state=0)
    fit = cpu_seconds(lambda: encoder.fit(X))
    rows = ArrayRows(X)
    with one_blas_thread():
        parts = {"moments": cpu_seconds(lambda: moments(rows))}
    encoding = [cpu_seconds(lambda: encoder.transform(X)) for _ in range(3)]
    projection = encoder.projection_.astype(np.float32)
    product = [cpu_seconds(lambda: X @ projection) for _ in range(3)]
    parts["whole fit, 50 iterations, all rows"] = fit
    small = iiq.IIQ(n_remove=0, threads=1, random_state=0)
    parts["whole fit, defaults (50 000 rows)"] = cpu_seconds(lambda: small.fit(X))
    parts["encoding all rows"] = float(np.median(encoding))
    parts["NumPy: the float32 product of encoding alone"] = float(np.median(product))
    wall = []
    for threads in (1, 2):
        with Clock() as clock:
            encoder.set_params(threads=threads).transform(X)
        wall.append(clock.wall)
    print(f"\n{len(X):,} x {d}, {iiq.kernels()[0]}, CPU seconds on one thread\n")
    print_head("part", "seconds")
    for name, seconds in parts.items():
        print_row(name, f"{seconds:.3f}")
    print(f"\nEncoding on two threads over one, wall time: {wall[0] / wall[1]:.2f}")


def measure_losses(paths: list[str], seed: int) -> None:
    """Print the final loss of both precisions on each set, over several bits."""
    print("\nFinal loss, 50 iterations, first 50 000 rows\n")
    print_head("set", "n_bits", "float32", "int8", "int8 over float32")
    for path in paths:
        X = np.load(path, mmap_mode="r")[:50_000].astype(np.float32)
        d = X.shape[1]
        for n_bits in (d // 2, d, 2 * d):
            found = {}
            for precision in ("float32", "int8"):
                encoder = iiq.IIQ(n_bits, precision=precision, refine=None, random_state=seed)
                encoder.fit(X)
                basis = encoder.projection_ @ encoder.rotation_.T
                found[precision] = loss((X - encoder.mean_) @ basis, encoder.rotation_)
            ratio = found["int8"] / found["float32"] - 1
            name = path.rsplit("/", 1)[-1].removesuffix(".npy").removesuffix(".vectors.f16")
            losses = (f"{found[precision]:.0f}" for precision in ("float32", "int8"))
            print_row(name, n_bits, *losses, f"{100 * ratio:+.3f} %")


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = command_line(__doc__)
    parser.add_argument("--vectors", metavar="FILE", help=".npy of real vectors")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--dim", type=int, default=300)
    parser.add_argument("--steps", type=int, default=8, help="iterations timed")
    compiled = [name for name in iiq.kernels() if name not in ("scalar", "numba")]
    parser.add_argument("--sets", nargs="+", default=compiled, help="kernel sets of ours")
    parser.add_argument("--losses", nargs="+", metavar="FILE", help="only compare final losses")
    parser.add_argument("--no-whole", action="store_true", help="only the iterations")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def in_turn(work: Callable[[], None]) -> None:
    """Run a part with BLAS on one thread."""
    with one_blas_thread():
        work()


def main() -> None:
    """Run the benchmark."""
    options = parse()
    print(f"{cpu_name()}; one thread, CPU time; kernel sets: {', '.join(iiq.kernels())}")
    if options.losses:
        measure_losses(options.losses, options.seed)
        return
    path = options.vectors or str(files("iiq") / "data" / "glove6b_20k_100d.vectors.f16.npy")
    X = make_vectors(np.load(path, mmap_mode="r"), options.rows, options.dim, options.seed)
    in_turn(lambda: measure_steps(X, options))
    if not options.no_whole:
        in_turn(lambda: measure_whole(X, options))


if __name__ == "__main__":
    main()
