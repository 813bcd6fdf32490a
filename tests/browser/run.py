"""``make browser``: the page of ``iiq explore`` in Chromium against Python's answers.

Usage: ``python tests/browser/run.py [FILE.iiq] [--screenshots FOLDER]``. First the bundled sample
with awkward words among it, then the files. Prints what was checked, and how long an answer took as
letters were typed, on this CPU and on one made four times slower.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import iiq
from iiq.cli.nn import terms_of

ROOT = Path(__file__).resolve().parents[2]
AWKWARD = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "שלום", "مرحبا", "nul\0", " ",
    "\U0001f469\u200d\U0001f467", "new york", "\u202eover", "100%", "##", "a+b", "%zz", "__proto__",
    "x" * 3000,
]  # fmt: skip
TYPED = ["piano", "king - man + woman", "paris - france + italy"]
BY_ADDRESS = ["new york", "nul\0", "<script>alert(1)</script>", "שלום", "king - man + woman", " "]
SHOWN = 20


def sample(path: Path) -> None:
    """Save the bundled sample with awkward words, which get vectors of chance."""
    source = iiq.samples.bundled()
    chance = np.random.default_rng(0).standard_normal((len(AWKWARD), source.dim))
    words = [*source.words[:9000], *AWKWARD, *source.words[9000:]]
    vectors = np.concatenate([source.vectors[:9000], chance, source.vectors[9000:]])
    iiq.compress((words, vectors.astype(np.float32)), n_bits=100, random_state=0).save(path)


def questions(kv: iiq.BinaryKeyedVectors) -> list[dict]:
    """Return lines with Python's answers."""
    asked = []
    for line, typed in [*((one, True) for one in TYPED), *((one, False) for one in BY_ADDRESS)]:
        positive, negative = terms_of(kv, line)
        if not positive or any(word not in kv for word in positive + negative):
            continue
        for scoring in ("decoded", "hamming"):
            answers = kv.most_similar(positive, negative, topn=SHOWN, scoring=scoring)
            asked.append({"line": line, "typed": typed, "scoring": scoring, "answers": answers})
    return asked


def check(file: Path, folder: Path, screenshots: str | None) -> None:
    """Make the page of a file and let Chromium ask it."""
    kv = iiq.load(file)
    page = folder / "page.html"
    size = iiq.explore(kv, page, title=file.stem)
    known = [word for word in AWKWARD if word in kv]
    typed = ("piano", "stone", "river", "winter", "bridge")
    letters = [word[:i] for word in typed for i in range(1, len(word) + 1)]
    spec = {
        "page": str(page),
        "questions": questions(kv),
        "words": known or list(kv.index_to_key[:3]),
        "typed": {
            "beginning": "pian",
            "words": [word for word in letters if word in kv],
        },
        "shown": "cook",
        "screenshots": screenshots,
    }
    (folder / "spec.json").write_text(json.dumps(spec), encoding="utf-8")
    script = Path(__file__).with_name("page.mjs")
    command = ["node", str(script), str(folder / "spec.json")]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, cwd=ROOT)
    if done.returncode:
        sys.exit(f"{file.name}: the page fails")
    print(f"{file.name}: {len(kv)} words of {kv.n_bits} bits, {file.stat().st_size} bytes")
    print(f"page of {size} bytes; milliseconds a letter:")
    print(done.stdout)


def main() -> None:
    """Check the sample, then the file that was named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--screenshots", metavar="FOLDER")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sample(folder / "sample.iiq")
        check(folder / "sample.iiq", folder, None)
        for file in arguments.files:
            check(file, folder, arguments.screenshots)


if __name__ == "__main__":
    main()
