"""The pages of the site: their code runs, their sessions and shell print what they say."""

import doctest
import re
import shlex
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

import iiq
from iiq import cli

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
CODE = re.compile(r"^( *)```(python|pycon)\n(.*?)^ *```", re.M | re.S)
NUMBERS = re.compile(r"-?\d+\.\d+")


def text_of(page):
    return page.read_text(encoding="utf-8")


WITH_SESSION = [p for p in PAGES if "```pycon" in text_of(p)]
WITH_CODE = [p for p in PAGES if "```python" in text_of(p) and p not in WITH_SESSION]


@pytest.fixture(scope="module")
def glove(tmp_path_factory):
    """The bundled words as the text file that pages read."""
    path = tmp_path_factory.mktemp("glove") / "glove.txt"
    iiq.write_vectors(iiq.samples.bundled(), path, format="glove")
    return path


@pytest.fixture
def world(tmp_path, monkeypatch, glove):
    """A folder of the test's own, with the file that pages speak of."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "glove.6B.300d.txt").symlink_to(glove)
    return tmp_path


@pytest.fixture
def data_sets(world):
    """What docs/evaluation.md reads: vectors, a vocabulary and a folder of made-up sets."""
    words = iiq.samples.bundled()
    few = iiq.WordVectors(words.words[:600], words.vectors[:600])
    iiq.write_vectors(few, "glove.6B.100d.txt", format="glove")
    iiq.compress(few, random_state=0).save("glove.iiq")
    (world / "eval" / "similarity").mkdir(parents=True)
    rng = np.random.default_rng(0)
    rows = [
        f"{few.words[a]}\t{few.words[b]}\t{score:.2f}"
        for a, b, score in zip(*rng.integers(20, 600, (2, 30)), rng.random(30), strict=True)
    ]
    for name in ("MEN", "WS353"):
        path = world / "eval" / "similarity" / f"{name}.tsv"
        path.write_text("\n".join(["word1\tword2\tscore", *rows]) + "\n", encoding="utf-8")


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.name)
def test_the_code_runs(page, world, request):
    if page.name == "evaluation.md":
        request.getfixturevalue("data_sets")
    code = "\n".join(code for _, _, code in CODE.findall(text_of(page)))
    exec(compile(code, str(page), "exec"), {"__name__": "page"})


@pytest.mark.parametrize("page", WITH_SESSION, ids=lambda page: page.name)
def test_a_session_prints_what_it_says(page, world):
    blocks, names, said = CODE.findall(text_of(page)), {"__name__": "page"}, []
    for _, kind, code in blocks:
        if kind == "python":
            exec(compile(code, str(page), "exec"), names)
            continue
        test = doctest.DocTestParser().get_doctest(code, names, page.name, str(page), 0)
        doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(
            test, out=said.append, clear_globs=False
        )
        names = test.globs
    assert not said, "".join(said)


def commands(page):
    """Yield the ``$ iiq ...`` of a page with the lines that it says they print."""
    for block in re.findall(r"^```console\n(.*?)^```", text_of(page), re.M | re.S):
        for command in re.split(r"^\$ ", block, flags=re.M)[1:]:
            line, _, told = command.partition("\n")
            if line.startswith("iiq "):
                yield shlex.split(line)[1:], told


def test_the_shell_of_the_tutorial_prints_what_it_says(world, capsys):
    asked = list(commands(DOCS / "tutorial.md"))
    assert len(asked) >= 3
    for argv, told in asked:
        assert cli.main(argv) == 0
        printed = capsys.readouterr().out
        if told:
            assert NUMBERS.sub("#", printed.strip()) == NUMBERS.sub("#", told.strip())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_to_elsewhere_are_well_formed(page):
    for address in re.findall(r"\]\((\w+:[^)\s]*)\)", text_of(page)):
        parts = urlsplit(address)
        assert parts.scheme == "https", address
        assert re.fullmatch(r"([a-z0-9-]+\.)+[a-z]+", parts.hostname or ""), address


LINK = re.compile(r"(?<!`)\]\(([^)\s:]+)\)")
BUILT = {"words.html", *(f"{path.stem}.md" for path in (ROOT / "examples").glob("*.ipynb"))}


def anchors(text):
    """Return the anchors of a page's headings, as the site makes them."""
    found = re.findall(r"^#+ (.*)$", text, re.M)
    plain = (re.sub(r"[^\w\s-]", "", heading).strip().lower() for heading in found)
    return {re.sub(r"[-\s]+", "-", heading) for heading in plain}


@pytest.mark.parametrize(
    "page", [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name
)
def test_links_lead_somewhere(page):
    for target in LINK.findall(re.sub(r"^```.*?^```", "", text_of(page), flags=re.M | re.S)):
        name, _, anchor = target.partition("#")
        there = (page.parent / name) if name else page
        if there.name in BUILT:
            continue
        assert there.exists(), target
        if anchor and "api" not in there.parts:
            assert anchor in anchors(text_of(there)), target


def test_every_page_has_a_place_in_the_menu():
    menu = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    missing = [p.name for p in PAGES if p.relative_to(DOCS).as_posix() not in menu]
    assert not missing
