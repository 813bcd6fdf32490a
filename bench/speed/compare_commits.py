r"""Compare the core of two commits on this machine: instructions, and times in turn.

    make bench-compare A=main~5 B=main
    python -m bench.speed.compare_commits main~5 main --times

Each commit is built in a folder of its own under build/compare and runs its own csrc/bench; what
both have is compared. Instructions are counted by valgrind (callgrind), one run of each piece of
work with everything around it left out: the same number whatever else the machine does. valgrind
knows no AVX-512, so those are of avx2 and scalar; `--times` runs the program of both in turn for
the other sets, on an idle machine. Prints Markdown, and ends with code 1 where B takes more than
`--allowed` percent more instructions.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
from pathlib import Path

from bench.common import command_line, print_head, print_row

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "build" / "compare"
LIMITS = ("reading", "float products", "byte products")


def output(*command: str | Path) -> str:
    """Run a command and return what it prints, its errors too; end with that if it fails."""
    done = subprocess.run(
        list(map(str, command)),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}")
    return done.stdout


def built(commit: str) -> Path:
    """Build the benchmarks of a commit; return the program."""
    name = output("git", "rev-parse", "--short=12", commit).strip()
    source, program = FOLDER / name, FOLDER / f"{name}-build"
    if not source.exists():
        output("git", "worktree", "prune")
        output("git", "worktree", "add", "--detach", source, name)
    if not (source / "csrc" / "bench" / "main.cpp").exists():
        raise SystemExit(f"{commit}: its csrc/bench has no main.cpp to count with")
    options = ["-DIIQ_PYTHON=OFF", "-DIIQ_NATIVE_BENCH=ON"]
    output("cmake", "-S", source, "-B", program, *options)
    output("cmake", "--build", program, "--parallel", "--target", "iiq_bench")
    return program / "iiq_bench"


def instructions(program: Path, work: str) -> int:
    """Return how many instructions one run of a piece of work takes."""
    valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    where = ["--collect-atstart=no", "--toggle-collect=iiq_measured"]
    found = re.search(r"Collected : (\d+)", output(*valgrind, *where, program, "--once", work))
    if found is None:
        raise SystemExit(f"valgrind counted nothing of {work}")
    return int(found[1])


def milliseconds(program: Path, work: str) -> float:
    """Return the CPU time of one run of a piece of work."""
    said = output(program, f"--benchmark_filter=^{re.escape(work)}$", "--benchmark_format=csv")
    return float(said.splitlines()[-1].split(",")[3])


def works(program: Path) -> list[str]:
    """Return the pieces of work that a program knows, its limits of the machine left out."""
    names = output(program, "--list").splitlines()
    return [name for name in names if not name.startswith(LIMITS)]


def counted(programs: list[Path], names: list[str], allowed: float) -> list[str]:
    """Print the table of instructions; return the works of which B takes more than is allowed."""
    print_head("millions of instructions", "A", "B", "B over A")
    slower = []
    for name in names:
        if name.endswith(("avx512", "amx")):
            continue
        a, b = (instructions(program, name) for program in programs)
        print_row(name, f"{a / 1e6:.2f}", f"{b / 1e6:.2f}", f"{b / a:.3f}")
        if b > a * (1 + allowed / 100):
            slower.append(name)
    return slower


def timed(programs: list[Path], names: list[str], rounds: int) -> None:
    """Print the table of times: medians, both programs in turn."""
    print_head("ms, CPU time", "A", "B", "B over A")
    for name in names:
        times = [[milliseconds(program, name) for program in programs] for _ in range(rounds)]
        a, b = (statistics.median(column) for column in zip(*times, strict=True))
        print_row(name, f"{a:.3f}", f"{b:.3f}", f"{b / a:.3f}")


def main() -> None:
    """Build, count, time."""
    parser = command_line(__doc__)
    parser.add_argument("commits", nargs=2, metavar="COMMIT")
    parser.add_argument("--only", default="", help="a regular expression of names")
    parser.add_argument("--allowed", type=float, default=2.0, help="percent more instructions")
    parser.add_argument("--times", action="store_true", help="times, too")
    parser.add_argument("--rounds", type=int, default=5, help="of times")
    options: argparse.Namespace = parser.parse_args()
    programs = [built(commit) for commit in options.commits]
    both = set(works(programs[0])) & set(works(programs[1]))
    names = [n for n in works(programs[1]) if n in both and re.search(options.only, n)]
    slower = counted(programs, names, options.allowed)
    if options.times:
        print()
        timed(programs, names, options.rounds)
    if slower:
        print(f"more instructions than {options.allowed} % more: {', '.join(slower)}")
        sys.exit(1)


if __name__ == "__main__":
    main()
