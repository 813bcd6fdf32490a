"""Write two pages from the finished steps of a run: what was found, and every table and figure."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.reproduction.paper import METHODS, PAPER, SETS
from bench.reproduction.profiles import OURS
from bench.reproduction.steps import IMDB, load_steps, report_of
from bench.reproduction.verdicts import how_dccl, intervals, summary, verdicts
from iiq import plot
from iiq.evaluate import Report, Row
from iiq.evaluate.tables import markdown, show, show_bits

Steps = list[dict[str, Any]]

ORDER = (
    "float", "float, cleaned, all rows", "float, cleaned", "prune", "dccl", "nlb, all rows", "nlb",
    "lsh", "sign", "itq, all rows", "itq", "iiq-32, all rows", "iiq-32", "iiq-64", "iiq-128",
    OURS,
)  # fmt: skip

INTRO = """# The paper's findings, on vectors one can have

Does what the paper says hold? Its vectors (GloVe of 42 billion tokens, 300 numbers; HDC) could not
be had here: **GloVe-42B, HDC: not run**. This is the same protocol on other vectors. Every table,
figure, interval and condition is on [the page of tables]({tables}).

Written by `python -m bench.reproduction.run --page` from the steps of a run; do not edit it by
hand. The same command takes the paper's vectors:

    python -m bench.reproduction.run GloVe-42B=glove.42B.300d.txt HDC=hdc.txt \\
        --data FOLDER --profile full --sentiment --page docs/reproduction.md

*Names.* `float`: the vectors as they came. `float, cleaned`: centred and without the directions
that IIQ drops. `iiq-32`, `iiq-64`, `iiq-128`: one bit for one, two or four dimensions (32, 64, 128
times smaller than float32), the plain signs (`refine=None`) as vectors of +-1; mean, directions and
rotation from the first 50 000 rows, D by rule. `itq`: the same with D = 0. *all rows*: as in
the paper, statistics over the whole vocabulary. `iiq-32, our defaults`: codes chosen for a decoder
learned with them, judged as the vectors they decode to.
"""

TABLES = """# The paper's tables, on vectors one can have

Written by `python -m bench.reproduction.run --page`, beside [what was found]({page}); do not edit
it by hand.

Scores are times 100. **covered** judges the pairs, words and texts whose words are there; **paper**
puts the mean vector (in texts: zero) for a missing word. ± is the standard deviation over seeds;
intervals are 95 % bootstrap intervals over the items of the data sets, the same resamples for every
method, and do not hold the spread over seeds; a random method without ± ran with one seed.
[evaluation.md](evaluation.md) says what each task does, [the other page]({page}) what the
methods are called.
"""


def write_page(page: Path, out: Path) -> None:
    """Write the page of findings and, beside it, the page of tables and the folder ``figures``."""
    figures = page.parent / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    tables = page.with_name(f"{page.stem}-tables{page.suffix}")
    everything = list(load_steps(out))
    reports = {name: report_of(steps).summary() for name, _, steps in everything}
    words = {name: r for name, r in reports.items() if name != IMDB}
    lines = verdicts(reports)
    found = [INTRO.format(tables=tables.name), summary(lines), how_dccl(reports), _beside(words)]
    _write(page, found)
    parts = [TABLES.format(page=page.name), _conditions(everything), intervals(lines)]
    for name, _about, steps in everything:
        if name != IMDB:
            parts += _section(name, reports[name], steps, out / name, figures)
    if IMDB in reports:
        parts += _imdb(reports[IMDB], next(a for n, a, _ in everything if n == IMDB), figures)
    else:
        parts.append("## Table 5 and figure 2: IMDB\n\nNot run.\n")
    _write(tables, parts)


def _write(page: Path, parts: list[str]) -> None:
    page.write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8")


def _conditions(everything: list[tuple[str, dict[str, Any], Steps]]) -> str:
    head = [
        "vectors",
        "n",
        "dim",
        "D of the rule",
        "seeds",
        "CPU",
        "kernels",
        "threads",
        "versions",
        "date",
    ]
    lines = []
    for name, about, steps in everything:
        seeds = {
            task: 1 + max(s["seed"] for s in steps if s["task"] == task)
            for task in dict.fromkeys(s["task"] for s in steps)
        }
        told = ", ".join(f"{task} {count}" for task, count in sorted(seeds.items()))
        told_of = [str(about.get(key, "")) for key in ("n", "dim", "n_remove")]
        machine = [_each(steps, key) for key in ("cpu", "kernels", "threads")]
        packages = {"iiq": "iiq", "Python": "python", "NumPy": "numpy"}
        named = ", ".join(f"{package} {_each(steps, key)}" for package, key in packages.items())
        lines.append([name, *told_of, told, *machine, named, _each(steps, "date")])
    return f"## Conditions\n\n{markdown(head, lines)}\n"


def _each(steps: Steps, key: str) -> str:
    """Return the different values of a condition of the steps."""
    return ", ".join(sorted({step["conditions"][key] for step in steps}))


def _beside(words: dict[str, Report]) -> str:
    parts = ["## Beside the paper's figures\n\nMeans over the sets of a task, policy *paper*.\n"]
    ours = {"nlb": "nlb, all rows", "itq": "itq, all rows"}
    for task in SETS:
        head = ["method", *(f"paper, {name}" for name in PAPER[task]), *words]
        lines = []
        for method in METHODS:
            theirs = [f"{sum(t[method]) / len(t[method]):.1f}" for t in PAPER[task].values()]
            mine = [_mean(report, task, ours.get(method, method)) for report in words.values()]
            lines.append([ours.get(method, method), *theirs, *mine])
        extra = ("float, cleaned", "sign", "lsh", "nlb", "itq", "iiq-32, all rows")
        none = ["" for _ in PAPER[task]]
        lines += [[m, *none, *(_mean(r, task, m) for r in words.values())] for m in extra]
        parts.append(f"### {task.capitalize()}\n\n{markdown(head, lines)}\n")
    return "\n".join(parts)


def _mean(report: Report, task: str, method: str) -> str:
    rows = report.where(task=task, data="mean", policy="paper", method=method)
    return show(rows[0]) if rows else "not run"


def _section(name: str, report: Report, steps: Steps, folder: Path, figures: Path) -> Iterator[str]:
    yield f"## {name}\n"
    yield _sizes(report)
    tasks = {
        "similarity": "Table 2: similarity",
        "categorization": "Table 3: categorization",
        "classification": "Table 4: classification",
        "analogy": "Analogies (not in the paper)",
    }
    for task, title in tasks.items():
        rows = Report(_ordered(report.where(task=task)))
        yield f"### {title}\n"
        for policy in ("covered", "paper") if rows else ():
            yield f"Policy *{policy}* ({_counts(rows, policy)}):\n\n{_wide(rows, policy)}\n"
        if not rows:
            yield "Not run.\n"
    yield from _others(report)
    yield from _figures(name, report, steps, folder, figures)


def _ordered(report: Report) -> list[Row]:
    return [row for method in ORDER for row in report if row.method == method]


def _sizes(report: Report) -> str:
    rows = _ordered(report.where(task="similarity", data="mean", policy="covered"))
    floats = report.where(task="similarity", data="mean", policy="covered", method="float")
    lines = [
        [
            row.method,
            show_bits(row),
            f"{floats[0].bits_per_vector / row.bits_per_vector:.0f}",
            f"{row.bytes / 1e6:.2f}",
            _parameters(row),
        ]
        for row in rows
    ]
    head = ["system", "bits a vector", "times smaller", "MB without words", "parameters"]
    return f"### Table 1: configurations\n\n{markdown(head, lines)}\n"


def _parameters(row: Row) -> str:
    hidden = ("random_state", "refine", "precision", "solver", "tol", "memory_limit")
    return ", ".join(f"{k} {v}" for k, v in row.parameters.items() if k not in hidden)


def _counts(rows: Report, policy: str) -> str:
    some = [row for row in rows.where(policy=policy, method="float") if row.data != "mean"]
    return ", ".join(f"{row.data} {row.n}/{row.n_total}" for row in some)


def _wide(rows: Report, policy: str) -> str:
    chosen = rows.where(policy=policy)
    sets = list(dict.fromkeys(row.data for row in chosen))
    lines = []
    for method in dict.fromkeys(row.method for row in chosen):
        own = {row.data: row for row in chosen.where(method=method)}
        cells = [show(own[one]) if one in own else "" for one in sets]
        lines.append([method, *cells, _interval(own.get("mean"))])
    return markdown(["method", *sets, "95 % of the mean"], lines)


def _interval(row: Row | None) -> str:
    if row is None or math.isnan(row.low):
        return ""
    return f"{100 * row.low:.1f} - {100 * row.high:.1f}"


def _others(report: Report) -> Iterator[str]:
    found = report.where(task="neighbours")
    if found:
        yield "### Neighbours: recall of the true nearest words\n"
        columns = list(dict.fromkeys((row.data, row.metric) for row in found))
        lines = []
        for method in dict.fromkeys([*ORDER, *found.column("method")]):
            own = {(row.data, row.metric): row for row in found.where(method=method)}
            if own:
                lines.append([method, *(show(own[c]) if c in own else "" for c in columns)])
        head = ["method", *(f"{metric}; of {data}" for data, metric in columns)]
        yield f"{found[0].n} queries, {found[0].note}.\n\n{markdown(head, lines)}\n"
    found = Report(_ordered(report.where(task="isotropy")))
    if found:
        yield "### Isotropy (equations 3 and 5; 1 is isotropic)\n"
        exact = {row.method: row.score for row in found if "eq. 3" in row.metric}
        estimate = {row.method: row.score for row in found if "eq. 5" in row.metric}
        lines = [[m, f"{exact[m]:.3g}", f"{estimate[m]:.3f}"] for m in exact]
        yield f"{markdown(['method', 'eq. 3', 'eq. 5'], lines)}\n"


def _figures(name: str, report: Report, steps: Steps, folder: Path, figures: Path) -> Iterator[str]:
    slug = name.lower()
    curves = {s["label"]: s for s in steps if "loss_curve" in s and s["label"] in ORDER}
    if curves:
        scaled = {
            label: [value / s["loss_bits"] for value in s["loss_curve"]]
            for label, s in curves.items()
            if s["label"] in ("iiq-32", "iiq-32, all rows", "itq", "itq, all rows")
        }
        drawn = plot.loss_curve(scaled)
        drawn.axes[0].set_ylabel("quantization loss a number")
        plot.save(drawn, figures / f"{slug}-loss")
        yield f"### Figure 1: loss\n\n![loss at each iteration](figures/{slug}-loss.svg)\n"
    families = [replace(row, method=row.method.split(",")[0].split("-")[0]) for row in
                report.where(task="similarity", data="mean", policy="covered")
                if "all rows" not in row.method and not row.method.startswith("float")]  # fmt: skip
    floats = [r for r in report if r.method in ("float", "float, cleaned")]
    drawn = plot.frontier(Report([*floats, *families]).where(task="similarity"))
    plot.save(drawn, figures / f"{slug}-frontier")
    yield f"### Quality against bits\n\n![frontier](figures/{slug}-frontier.svg)\n"
    yield _by_bits(report)
    for file in sorted(folder.glob("figure3-*.png")):
        for ending in (".png", ".svg"):
            shutil.copy(file.with_suffix(ending), figures / f"{slug}-{file.stem}{ending}")
        word = file.stem.partition("-")[2]
        yield f"### Figure 3: {word}\n\n![bits of the neighbours](figures/{slug}-{file.stem}.png)\n"


def _by_bits(report: Report) -> str:
    """Return similarity by bits for the methods that make codes of any length, both policies."""
    found = [r for r in report.where(task="similarity", data="mean") if "all rows" not in r.method]
    cells: dict[tuple[int, str, str], str] = {}
    for row in found:
        cells[row.n_bits, row.method.split(",")[0].split("-")[0], row.policy] = show(row)
    columns = [(m, p) for m in ("iiq", "itq", "lsh") for p in ("covered", "paper")]
    lengths = sorted({bits for bits, method, _ in cells if method == "iiq"})
    lines = [[str(n), *(cells.get((n, *column), "") for column in columns)] for n in lengths]
    head = ["bits", *(f"{method}, {policy}" for method, policy in columns)]
    return f"Similarity, mean of the sets:\n\n{markdown(head, lines)}\n"


def _imdb(report: Report, about: dict[str, Any], figures: Path) -> Iterator[str]:
    rows = report.where(task="sentiment", policy="paper")
    order = ["trained with its embedding", *ORDER]
    own = {row.method: row for row in rows}
    lines = [
        [
            m,
            show_bits(own[m]),
            str(own[m].parameters.get("n_remove", "")),
            show(own[m]),
            _interval(own[m]),
            own[m].note,
        ]
        for m in order
        if m in own
    ]
    yield "## Table 5 and figure 2: IMDB\n"
    yield (
        "The network is the paper's, trained once with its embedding, which is then compressed, "
        "frozen, and read by new networks. ± is over runs. Every word of the reviews has a vector "
        f"(unknown ones `<oov>`), so both policies agree. Settings: {about['settings']}; the "
        "epochs of the table are those trained. The paper's sizes: 50 000 x 300, 400 tokens, "
        "25 000 reviews, 10 runs of 20 epochs at a rate of 0.0001; 87.89 for the network trained "
        "with its embedding. D is the number of directions that the rule drops; it was made for "
        "vectors trained without labels, and an embedding trained on labels may hold what they "
        "taught it in its largest directions (compare `iiq-32` with `itq`, which drops none). "
        "The paper does not say its D for IMDB.\n"
    )
    yield f"{markdown(['embedding', 'bits a word', 'D', 'accuracy', '95 %', 'runs'], lines)}\n"
    drawn = plot.accuracies(Report([own[m] for m in order if m in own]))
    plot.save(drawn, figures / "imdb-accuracy")
    yield "![accuracies](figures/imdb-accuracy.svg)\n"
