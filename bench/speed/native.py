r"""Time the core's pieces of work, each kernel set, beside what the machine can do at most.

    make microbench      # builds build/bench/iiq_bench, then runs this
    python -m bench.speed.native --program build/bench/iiq_bench --seconds 0.2

Google Benchmark runs everything of csrc/bench/main.cpp several times over in random order; a figure
is the median of the CPU times. Prints Markdown. The limits: bytes read one after another, by one
thread, from memory outside the caches; products of numbers that lie in registers. A search of one
query is held against reading, work of products against the products of its own kernel set.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections import defaultdict
from typing import Any

from bench.common import command_line, cpu_name, print_head, print_row

Result = dict[str, Any]
SETS = ("amx", "avx512", "avx2", "neon", "scalar")
LIMITS = ("reading", "float products", "byte products")
PRODUCTS = {"encoding": "float products", "training step": "byte products"}


def measured(options: argparse.Namespace) -> list[Result]:
    """Run the program; return the median of each piece of work."""
    command = [
        options.program,
        "--benchmark_format=json",
        f"--benchmark_min_time={options.seconds}",
        f"--benchmark_repetitions={options.rounds}",
        "--benchmark_enable_random_interleaving=true",
        "--benchmark_report_aggregates_only=true",
        f"--benchmark_filter={options.filter}",
    ]
    said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return [one for one in said["benchmarks"] if one["aggregate_name"] == "median"]


def in_order(results: list[Result], program: str) -> list[Result]:
    """Return results, taken in random order, in that of the program's list."""
    listed = subprocess.run([program, "--list"], check=True, capture_output=True, text=True)
    places = {name: i for i, name in enumerate(listed.stdout.splitlines())}
    return sorted(results, key=lambda result: places[result["run_name"]])


def nanoseconds(result: Result) -> float:
    """Return the CPU time of one unit."""
    per_run = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}[result["time_unit"]]
    return float(result["cpu_time"]) * per_run / float(result["units"])


def share(work: str, kernels: str, result: Result, limits: dict[str, float]) -> str:
    """Return how much of what the machine can do is reached, in words."""
    kind = PRODUCTS.get(work)
    name, amount = f"{kind} of {kernels}", float(result["products"])
    if kind is None:
        name, amount = "reading", float(result["bytes"])
    if not amount or name not in limits:
        return ""
    return f" ({100 * amount * limits[name] / nanoseconds(result):.0f} %)"


def main() -> None:
    """Run and print."""
    parser = command_line(__doc__)
    parser.add_argument("--program", default="build/bench/iiq_bench")
    parser.add_argument("--seconds", type=float, default=0.1, help="of each work, a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--filter", default="-/(one|batch|tables|weights)/")
    options = parser.parse_args()
    results = in_order(measured(options), options.program)
    limits: dict[str, float] = {}
    works: dict[str, dict[str, Result]] = defaultdict(dict)
    for result in results:
        name = result["run_name"]
        if name.startswith(LIMITS):
            limits[name] = nanoseconds(result)
        else:
            work, _, kernels = name.partition("/")
            works[work][kernels] = result
    sets = [name for name in SETS if any(name in found for found in works.values())]
    print(f"{cpu_name()}, one thread. Limits: " + ", ".join(map(told, limits.items())) + ".\n")
    print_head("work", "ns a", *sets, "no set of its own", left=2)
    for work, found in works.items():
        cells = [
            f"{nanoseconds(found[kernels]):.3g}{share(work, kernels, found[kernels], limits)}"
            if kernels in found
            else ""
            for kernels in [*sets, ""]
        ]
        print_row(work, next(iter(found.values()))["label"], *cells)


def told(limit: tuple[str, float]) -> str:
    """Return a limit in words."""
    name, time = limit
    return f"{name} {1 / time:.3g} {'GB' if name == 'reading' else 'G'}/s"


if __name__ == "__main__":
    main()
