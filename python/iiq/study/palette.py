"""One colour and one marker a method, in every picture: the package's, the bench's, the site's."""

from __future__ import annotations

from typing import NamedTuple

# Okabe and Ito's colours and shades of them, which stay apart for colour-blind readers.
METHOD_COLOURS = {
    "iiq": "#0072B2",
    "itq": "#D55E00",
    "lsh": "#009E73",
    "sign": "#CC79A7",
    "nlb": "#E69F00",
    "prune": "#999933",
    "dccl": "#882255",
    "pq": "#56B4E9",
    "opq": "#332288",
    "rq": "#44AA99",
    "rabitq": "#AA4499",
    "float16": "#777777",
    "int8": "#AAAAAA",
    "float": "#555555",
}
METHOD_MARKERS = dict(zip(METHOD_COLOURS, "osD^v<>XPph*dH", strict=True))
OTHERS = ("#000000", "#E31A1C", "#6A3D9A", "#B15928", "#117733", "#DDCC77")  # of other names
_LINES = ("-", "--", ":", "-.")


class Style(NamedTuple):
    """How a line is drawn."""

    colour: str
    marker: str
    line: str


def styles(names: list[str]) -> dict[str, Style]:
    """Return the style of each name: a method's own, dashed for a second name of the method.

    A name is that of the method it begins with: ``iiq-32`` and ``iiq, all rows`` are ``iiq``.
    Other names take the other colours, in the order in which they come.
    """
    found: dict[str, Style] = {}
    seen: dict[str, int] = {}
    others = iter(OTHERS * (1 + len(names) // len(OTHERS)))
    for name in names:
        method = method_of(name)
        colour = METHOD_COLOURS[method] if method else next(others)
        count = seen[method] = seen.get(method, -1) + 1 if method else 0
        line = _LINES[count % len(_LINES)]
        found[name] = Style(colour, METHOD_MARKERS.get(method, "o"), line)
    return found


def method_of(name: str) -> str:
    """Return the method whose name this one begins with, "" if there is none."""
    for method in sorted(METHOD_COLOURS, key=len, reverse=True):
        rest = name.lower().removeprefix(method)
        if rest != name.lower() and not rest[:1].isalnum():
            return method
    return ""
