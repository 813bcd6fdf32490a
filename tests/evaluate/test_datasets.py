"""Reading data sets: every fault is named with its file and line."""

import lzma

import pytest

from iiq.evaluate import load_sets, read_set
from iiq.evaluate.datasets import COLUMNS, ORIGINS, missing_sets

HEADER = "word1\tword2\tscore\n"


def test_the_papers_sets_of_a_folder(folder):
    assert [one.name for one in load_sets("similarity", folder)] == ["MEN", "RG65"]
    assert "WS353" in missing_sets("similarity", folder)
    assert len(load_sets("similarity", folder, "MEN")[0]) == 80


def test_the_folder_of_the_environment(folder, monkeypatch):
    monkeypatch.setenv("IIQ_DATA", str(folder))
    assert [one.name for one in load_sets("categorization")] == ["AP"]
    monkeypatch.delenv("IIQ_DATA")
    with pytest.raises(FileNotFoundError, match="set IIQ_DATA"):
        load_sets("similarity")


def test_a_file_of_ones_own(tmp_path):
    path = tmp_path / "mine.tsv"
    path.write_bytes("\ufeffword1\tword2\tscore\r\nÄ\tb c\t1e-3\r\n".encode())
    one = load_sets("similarity", None, path)[0]
    assert (one.name, one.rows, one.numbers("score")) == ("mine", (("Ä", "b c", "1e-3"),), [0.001])


def test_blanks_that_editors_and_tables_leave(tmp_path):
    path = tmp_path / "mine.tsv"
    path.write_text("word1 \tword2\tscore\r\nking \t queen\t8.5 \r\nnew york\tcity\t3\n \t \n\n")
    data = read_set(path, "similarity")
    assert data.rows == (("king", "queen", "8.5"), ("new york", "city", "3"))


def test_compressed_text(tmp_path):
    path = tmp_path / "x.tsv.xz"
    with lzma.open(path, "wt", encoding="utf-8") as stream:
        stream.write("label\ttext\n1\ta b\n")
    assert read_set(path, "sentiment").rows == (("1", "a b"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: the header"),
        ("a\tb\tc\nx\ty\tz\n", "line 1: the header"),
        ("a\tb\nx\ty\n", "line 1: the header"),
        (HEADER, "no rows"),
        (HEADER + "x\ty\n", "line 2: 3 tab-separated fields"),
        (HEADER + "x\ty\t1\t2\n", "line 2: 3 tab-separated fields"),
        (HEADER + "x\ty\t1\n\nx\tz\t2\n", "line 3: 3 tab-separated fields"),
        (HEADER + "x\t\t1\n", "line 2: 3 tab-separated fields"),
    ],
)
def test_malformed_files(tmp_path, text, message):
    path = tmp_path / "bad.tsv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_set(path, "similarity")


@pytest.mark.parametrize("value", ["high", "nan", "inf", "1,5"])
def test_scores_must_be_numbers(tmp_path, value):
    path = tmp_path / "bad.tsv"
    path.write_text(HEADER + f"x\ty\t1\nx\tz\t{value}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 3: score must be a number"):
        read_set(path, "similarity").numbers("score")


def test_text_that_is_no_utf8(tmp_path):
    path = tmp_path / "bad.tsv"
    path.write_bytes(HEADER.encode() + b"caf\xe9\tbar\t1\n")
    with pytest.raises(ValueError, match="not UTF-8"):
        read_set(path, "similarity")


def test_names_that_are_not_there(folder, tmp_path):
    with pytest.raises(ValueError, match=r"unknown similarity set 'XYZ'.*MEN"):
        load_sets("similarity", folder, ["XYZ"])
    with pytest.raises(FileNotFoundError, match=r"lacks WS353\.tsv; it can be had from https"):
        load_sets("similarity", folder, ["WS353"])
    with pytest.raises(FileNotFoundError, match="none of the sentiment sets"):
        load_sets("sentiment", folder)
    with pytest.raises(FileNotFoundError, match="does not exist"):
        load_sets("similarity", tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="does not exist"):
        load_sets("similarity", folder, "nowhere/x.tsv")
    with pytest.raises(ValueError, match="names no data set"):
        load_sets("similarity", folder, [])


def test_every_task_says_where_its_sets_are():
    assert ORIGINS.keys() == COLUMNS.keys()
