"""What the paper says, sentence by sentence, and whether it holds here."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from bench.reproduction.steps import IMDB
from iiq.evaluate import Report, Row, difference
from iiq.evaluate.tables import markdown

# What the paper says: (sentence, task, data, better, worse).
CLAIMS = (
    ("IIQ-32 beats ITQ (all rows both, as in the paper)", "similarity", "mean",
     "iiq-32, all rows", "itq, all rows"),
    ("IIQ-32 beats ITQ (our sample of rows both)", "similarity", "mean", "iiq-32", "itq"),
    ("IIQ-32 is better than the float vectors", "similarity", "mean", "iiq-32", "float"),
    ("IIQ-32 beats NLB (all rows both)", "similarity", "mean", "iiq-32, all rows",
     "nlb, all rows"),
    ("IIQ-32 beats NLB (our sample of rows both)", "similarity", "mean", "iiq-32", "nlb"),
    ("IIQ-32 beats DCCL", "similarity", "mean", "iiq-32", "dccl"),
    ("IIQ-32 beats pruning", "similarity", "mean", "iiq-32", "prune"),
    ("IIQ-32 is better than IIQ-64", "similarity", "mean", "iiq-32", "iiq-64"),
    ("IIQ-64 is better than IIQ-128", "similarity", "mean", "iiq-64", "iiq-128"),
    ("On TR9856 IIQ-128 is better than IIQ-32", "similarity", "TR9856", "iiq-128", "iiq-32"),
    ("IIQ-32 beats ITQ (all rows both)", "categorization", "mean",
     "iiq-32, all rows", "itq, all rows"),
    ("IIQ-32 beats ITQ (our sample both)", "categorization", "mean", "iiq-32", "itq"),
    ("IIQ-32 beats DCCL", "categorization", "mean", "iiq-32", "dccl"),
    ("IIQ-32 beats pruning", "categorization", "mean", "iiq-32", "prune"),
    ("On ESSLI IIQ-32 is better than the float vectors", "categorization", "ESSLI_2c_verbs",
     "iiq-32", "float"),
    ("IIQ-32 beats ITQ (all rows both)", "classification", "mean",
     "iiq-32, all rows", "itq, all rows"),
    ("IIQ-32 beats ITQ (our sample both)", "classification", "mean", "iiq-32", "itq"),
    ("IIQ-32 beats NLB", "classification", "mean", "iiq-32", "nlb"),
    ("IIQ-32 beats DCCL", "classification", "mean", "iiq-32", "dccl"),
    ("IIQ-32 beats pruning", "classification", "mean", "iiq-32", "prune"),
)  # fmt: skip
IMDB_CLAIMS = (
    ("IIQ-32 loses less than ITQ", "sentiment", "IMDB", "iiq-32", "itq"),
    ("IIQ-32 loses less than NLB", "sentiment", "IMDB", "iiq-32", "nlb"),
    ("IIQ-32 loses less than DCCL", "sentiment", "IMDB", "iiq-32", "dccl"),
    ("IIQ-32 loses less than pruning", "sentiment", "IMDB", "iiq-32", "prune"),
    ("IIQ-64 is better than IIQ-32", "sentiment", "IMDB", "iiq-64", "iiq-32"),
)


Line = list[str]  # vectors, task, sentence, then difference and verdict for each policy
MARKS = {"holds": "**holds**", "does not hold": "does not", "undecided": "open", "not run": "-"}


def verdicts(reports: dict[str, Report]) -> list[Line]:
    """Return for each sentence the difference it is about and its verdict, under two policies."""
    lines = []
    for name, report in reports.items():
        for claim in IMDB_CLAIMS if name == IMDB else (*CLAIMS, *_longest(report)):
            both = [_verdict(report, policy, *claim[1:]) for policy in ("covered", "paper")]
            lines.append([name, claim[1], claim[0], *both[0], *both[1]])
    return lines


def summary(lines: list[Line]) -> str:
    """Return the section of the findings: a line a sentence, a column each set of vectors."""
    names = list(dict.fromkeys(line[0] for line in lines))
    said = {(task, _of_any_length(sentence), name): verdict
            for name, task, sentence, _, verdict, *_ in lines}  # fmt: skip
    rows = [
        [task, sentence, *(MARKS.get(said.get((task, sentence, name), ""), "") for name in names)]
        for task, sentence in dict.fromkeys((task, sentence) for task, sentence, _ in said)
    ]
    counts = [f"{name}: {', '.join(_counted(lines, name))}" for name in names]
    return (
        "## What holds\n\nEach sentence is a difference of two scores with its interval, of the "
        "items, widened by two standard errors of the mean over seeds; missing words are left "
        "out. *Holds*: the interval lies above zero; *does not*: below; *open*: it contains "
        f"zero.\n\n{'; '.join(counts)}.\n\n"
        f"{markdown(['task', 'what the paper says', *names], rows)}\n"
    )


def _of_any_length(sentence: str) -> str:
    """Return the sentence without the bits, which differ from vectors to vectors."""
    return re.sub(r"IIQ with \d+ bits", "IIQ with three bits a number", sentence)


def _counted(lines: list[Line], name: str) -> Iterator[str]:
    verdicts_of = [line[4] for line in lines if line[0] == name]
    for verdict, told in (
        ("holds", "hold"),
        ("undecided", "are open"),
        ("does not hold", "do not"),
    ):
        yield f"{verdicts_of.count(verdict)} {told}"


def intervals(lines: list[Line]) -> str:
    """Return the section of the tables: every sentence with its intervals."""
    head = ["vectors", "task", "what the paper says", "covered", "", "paper", ""]
    return (
        "## Every sentence with its interval\n\nThe interval is of the items, widened by two "
        f"standard errors of the mean over seeds.\n\n{markdown(head, lines)}\n"
    )


def how_dccl(reports: dict[str, Report]) -> str:
    """Return how DCCL was trained, which is not what the paper did."""
    rows = [row for report in reports.values() for row in report.where(method="dccl")]
    said = []
    for key in ("codebook_size", "n_epochs", "tol", "train_rows"):
        values = sorted({str(row.parameters.get(key)) for row in rows})
        said.append(f"{key} {' and '.join(values)}")
    return (
        f"DCCL was trained with {', '.join(said)}; in the paper with 32 codebooks of 32 to 256 "
        "words for 200 epochs on all rows. Its other settings are in table 1.\n"
        if rows
        else ""
    )


def _longest(report: Report) -> list[tuple[str, ...]]:
    """Return what this library adds to the paper: codes longer than the vectors."""
    found = report.where(task="similarity", data="mean", policy="covered")
    longest = max((row for row in found if row.method.startswith("iiq, ")), default=None,
                  key=lambda row: row.n_bits)  # fmt: skip
    if longest is None:
        return []
    text = f"(not in the paper) IIQ with {longest.n_bits} bits is better than"
    rivals = {"the float vectors": "float", "the cleaned float vectors": "float, cleaned"}
    return [
        (f"{text} {words}", "similarity", "mean", longest.method, rival)
        for words, rival in rivals.items()
    ]


def _verdict(
    report: Report, policy: str, task: str, data: str, better: str, worse: str
) -> tuple[str, str]:
    pair = [
        report.where(task=task, data=data, policy=policy, method=method)
        for method in (better, worse)
    ]
    if not all(pair):
        return "", "not run"
    first, second = pair[0][0], pair[1][0]
    value, low, high = difference(first, second)
    spread = 2 * math.hypot(_standard_error(first), _standard_error(second))
    low, high = value - math.hypot(value - low, spread), value + math.hypot(high - value, spread)
    word = "holds" if low > 0 else "does not hold" if high < 0 else "undecided"
    return f"{100 * value:+.1f} ({100 * low:+.1f} .. {100 * high:+.1f})", word


def _standard_error(row: Row) -> float:
    return 0.0 if math.isnan(row.sd) else row.sd / math.sqrt(max(1, len(row.seeds)))
