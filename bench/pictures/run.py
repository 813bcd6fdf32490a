"""Draw the pictures of the README and of the site again.

    python -m bench.pictures.run [--out docs/pictures]

They show the bundled words, and figures that stand in the tables of docs/. Half a minute. The
same inputs give the same bytes; another version of matplotlib may place text differently.
"""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

import iiq
from bench.common import command_line
from bench.pictures import method, pages
from bench.pictures.sample import frontier, points
from bench.pictures.style import save

OUT = Path(__file__).resolve().parent.parent.parent / "docs" / "pictures"


def pictures() -> dict[str, Figure]:
    """Return every picture by its name."""
    words = iiq.samples.bundled()
    sample = method.Sample(words)
    return {
        "similarity": pages.similarity_frontier(),
        "speed": pages.search_speed(),
        "neighbours": frontier(list(points(words))),
        "directions": method.strong_directions(sample),
        "signs": method.signs(sample),
        "rotation": method.rotation(sample),
        "bits": method.bits(iiq.compress(words, refine=None, random_state=0), "cook"),
        "decoder": pages.decoder_gain(),
    }


def main() -> None:
    """Draw them all."""
    parser = command_line(__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    out = parser.parse_args().out
    for name, figure in pictures().items():
        print(save(figure, out, name))


if __name__ == "__main__":
    main()
