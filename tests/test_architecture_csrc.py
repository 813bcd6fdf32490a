"""The include rules of the core: which folder may know which, and that there is no circle."""

import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "csrc"

# Folder -> the folders whose headers it may include beside its own.
KERNELS = {"kernels", "kernels/search", "kernels/train", "kernels/refine"}
FLOW = {"base", "codes", "search", "train", "text", "words"}
ALLOWED: dict[str, set[str]] = {
    "base": set(),
    "codes": {"base"},
    "kernels": set(),
    "kernels/search": {"kernels"},
    "kernels/train": {"kernels"},
    "kernels/refine": {"kernels"},
    "search": {"kernels", "kernels/search", "codes", "base"},
    "train": {"kernels", "kernels/train", "kernels/refine", "codes", "base"},
    "text": {"base"},
    "words": {"base"},
    "bindings": KERNELS | FLOW,
    "tests": KERNELS | FLOW,
    "tests/emulated": {"kernels"},
    "tests/emulated/kernels": {"tests"},
    "bench": KERNELS | FLOW,
    "fuzz": KERNELS | FLOW,
}
INTRINSICS = {"immintrin.h", "arm_neon.h", "x86intrin.h"}


def source_files() -> list[Path]:
    return sorted(path for path in CORE.rglob("*") if path.suffix in {".h", ".cpp"})


def name(path: Path) -> str:
    return path.relative_to(CORE).as_posix()


def folder(file: str) -> str:
    return file.rpartition("/")[0]


def our_includes(path: Path) -> set[str]:
    return set(re.findall(r'^\s*#\s*include "([^"]+)"', path.read_text(encoding="utf-8"), re.M))


def system_includes(path: Path) -> set[str]:
    return set(re.findall(r"^\s*#\s*include <([^>]+)>", path.read_text(encoding="utf-8"), re.M))


def in_order(graph: dict[str, set[str]]) -> list[str]:
    """Return the nodes, those included first; a circle raises CycleError, which names it."""
    return list(TopologicalSorter(graph).static_order())


def test_every_folder_has_its_rule():
    assert {folder(name(path)) for path in source_files()} == set(ALLOWED)


@pytest.mark.parametrize("path", source_files(), ids=name)
def test_a_file_includes_only_what_its_folder_may_know(path):
    own = folder(name(path))
    for header in our_includes(path):
        assert (CORE / header).is_file(), f"{name(path)}: {header} is not spelled from csrc/"
        assert folder(header) in ALLOWED[own] | {own}, f"{name(path)} includes {header}"


def unit(file: str) -> str:
    """Return the name that a header and its source share."""
    return file.rpartition(".")[0]


@pytest.mark.parametrize("part", [unit, folder])
def test_no_circle(part):
    graph: dict[str, set[str]] = {}
    for path in source_files():
        own = part(name(path))
        graph.setdefault(own, set()).update(part(header) for header in our_includes(path))
        graph[own].discard(own)
    in_order(graph)


def kernel_files() -> list[Path]:
    return sorted(
        path
        for part in sorted(KERNELS - {"kernels"})
        for path in (CORE / part).iterdir()
        if path.stem != "table"
    )


@pytest.mark.parametrize("path", kernel_files(), ids=name)
def test_a_kernel_file_includes_its_table_and_one_intrinsics_header(path):
    system = system_includes(path)
    assert system - INTRINSICS <= {"cstddef", "cstdint"}
    assert len(system & INTRINSICS) <= 1
    kernel_set = path.stem.partition("_")[0]  # avx512_planes.cpp belongs to avx512
    for header in our_includes(path):
        of_the_set = folder(header) == folder(name(path)) and (
            Path(header).stem.partition("_")[0] in {"table", kernel_set}
        )
        assert of_the_set or header == "kernels/tiles.h", f"{name(path)} includes {header}"


@pytest.mark.parametrize("path", source_files(), ids=name)
def test_only_the_bindings_know_python_and_only_the_kernels_know_intrinsics(path):
    system = system_includes(path)
    top = name(path).split("/")[0]
    if top != "bindings":
        assert not any("pybind11" in header or header == "Python.h" for header in system)
    if top not in {"kernels", "tests", "bench"}:
        assert not system & INTRINSICS


def test_the_bindings_use_every_argument():
    for path in sorted((CORE / "bindings").glob("*.cpp")):
        nameless = re.findall(r"[\w>]&[,)]", path.read_text(encoding="utf-8"))
        assert not nameless, f"{path.name} has an argument without a name"


def test_threads_are_started_in_one_place():
    starts = {"thread", "future", "pthread.h", "omp.h", "execution"}
    found = {name(path) for path in source_files() if system_includes(path) & starts}
    assert found == {"base/threads.cpp"}


def test_no_build_flag_names_an_instruction_set():
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    assert not re.search(r"-m(arch|tune|avx|sse|amx|bmi|fma)", text)
    assert "-ffast-math" not in text
