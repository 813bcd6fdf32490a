"""The pictures: drawn from the tables of docs/ and the bundled words, one colour a method."""

import re
from pathlib import Path

import pytest

from bench.pictures import pages, run, sample, style
from iiq.study.palette import METHOD_COLOURS

ROOT = Path(__file__).resolve().parent.parent.parent


def test_a_table_row_is_found_by_its_first_cells():
    (row,) = pages.rows("quality.md", "glove-100d, 200", "balanced")
    assert pages.number(row[3]) == 59.3
    with pytest.raises(ValueError, match="no table row"):
        pages.rows("quality.md", "glove-7d, 200", "balanced")


@pytest.mark.parametrize(
    "draw", [pages.similarity_frontier, pages.search_speed, pages.decoder_gain]
)
def test_pictures_of_tables_are_the_same_bytes_each_time(draw, tmp_path):
    first, second = (style.save(draw(), tmp_path / name, "x").read_bytes() for name in "ab")
    assert first == second


def test_a_picture_has_the_colour_of_its_method(tmp_path):
    text = style.save(pages.similarity_frontier(), tmp_path, "x").read_text().lower()
    for name in ("iiq", "itq", "lsh", "sign"):
        assert METHOD_COLOURS[name].lower() in text


def test_the_frontier_shows_every_method(tmp_path):
    kept = [sample.Point("iiq+kept", size, 0.9) for size in (60.0, 110.0, 210.0)]
    found = [sample.Point(name, 12.0, 0.4) for name in ("lsh", "itq", "sign", "iiq")]
    text = style.save(sample.frontier(found + kept), tmp_path, "x").read_text()
    assert all(told in text for told in ("LSH", "ITQ", "int4", "float16"))


def test_the_committed_pictures_are_those_that_are_drawn():
    drawn = set(re.findall(r'"(\w+)": (?:pages|method|frontier)', Path(run.__file__).read_text()))
    assert drawn == {path.stem for path in (ROOT / "docs" / "pictures").glob("*.svg")}
