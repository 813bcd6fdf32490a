"""The mapped table of words: a list and a dict that are never built."""

import contextlib
import copy
import pickle
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iiq.vectors.word_table import WordRows, WordTable

STRANGE = ["", " ", "a\tb", "line\nbreak", "nul\0", "😀", "é", "e\u0301", "\U0010ffff", "x" * 70000]
# Two words of equal CRC-32, found by search: a true collision of the hash.
COLLIDING = ("plumless", "buckeroo")


def words_of(n):
    return [f"w{i}" for i in range(n)]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), unique=True))
def test_behaves_as_the_list_and_the_dict(words):
    table = WordTable.build(words)
    assert table == words
    assert list(table) == words
    assert len(table) == len(words)
    assert [table.find(word) for word in words] == list(range(len(words)))
    assert dict(WordRows(table)) == {word: row for row, word in enumerate(words)}
    assert table.find("".join(words) + "~") == -1
    assert table[1:-1:2] == words[1:-1:2]


def test_list_manners():
    table = WordTable.build(STRANGE)
    assert table[-1] == STRANGE[-1]
    assert table[np.int64(2)] == STRANGE[2]
    assert table.index("é") == 6
    assert table.count("é") == 1
    assert table.count("e") == 0
    assert "nul" not in table
    assert 3 not in table
    assert "\ud800" not in table
    assert table != STRANGE[:-1]
    assert "10 words" in repr(table)
    for wrong in (10, -11):
        with pytest.raises(IndexError, match=f"row {wrong} is outside a vocabulary of 10"):
            table[wrong]
    with pytest.raises(ValueError, match="not in the vocabulary"):
        table.index("missing")


def test_dict_manners():
    rows = WordRows(WordTable.build(["b", "a"]))
    assert rows == {"b": 0, "a": 1}
    assert rows.get("c", -1) == -1
    assert list(rows.items()) == [("b", 0), ("a", 1)]
    assert "b" in repr(rows)
    with pytest.raises(KeyError):
        rows["c"]


def test_a_collision_of_the_hash_is_told_apart():
    assert crc32(COLLIDING[0].encode()) == crc32(COLLIDING[1].encode())
    table = WordTable.build([*words_of(50), *COLLIDING])
    assert [table.find(word) for word in COLLIDING] == [50, 51]
    assert COLLIDING[1] not in WordTable.build([COLLIDING[0]])


def test_added_words():
    table = WordTable.build(["a", "b"])
    table.add(["c", "d"])
    assert table == ["a", "b", "c", "d"]
    assert table.find("d") == 3
    assert WordTable(**table.arrays()) == table
    for words in (["e", "a"], ["e", "e"]):
        with pytest.raises(ValueError, match=r"already|twice"):
            table.add(words)
    assert len(table) == 4


def test_copies():
    table = WordTable.build(STRANGE)
    assert pickle.loads(pickle.dumps(table)) == table
    assert copy.deepcopy(table) == table


@pytest.mark.parametrize(
    ("words", "error", "text"),
    [
        (["a", "b", "a"], ValueError, "'a' stands twice, in rows 0 and 2"),
        (["a", 1], TypeError, "word 1 is 1"),
        (["a", b"b"], TypeError, "bytes"),
        (["a\ud800"], ValueError, "cannot be written as UTF-8"),
    ],
)
def test_words_that_cannot_be(words, error, text):
    with pytest.raises(error, match=text):
        WordTable.build(words)


@pytest.mark.parametrize("part", ["blob", "offsets", "starts", "rows"])
def test_damage_is_found_or_harmless(part):
    """Any value in any place gives the right row, none or ValueError; never another word's row."""
    words = words_of(64)
    whole = WordTable.build(words).arrays()
    generator = np.random.default_rng(0)
    for _ in range(300):
        arrays = {name: values.copy() for name, values in whole.items()}
        place = generator.integers(len(arrays[part]))
        arrays[part][place] = generator.integers(
            np.iinfo(arrays[part].dtype).max, endpoint=True, dtype=arrays[part].dtype
        )
        try:
            table = WordTable(**arrays)
        except ValueError:
            continue
        for row, word in enumerate(words):
            with contextlib.suppress(ValueError):
                assert table.find(word) in (row, -1)
            with contextlib.suppress(ValueError):
                assert isinstance(table[row], str)


def test_a_row_in_the_wrong_bucket_is_no_missing_word():
    words = words_of(64)
    arrays = {name: values.copy() for name, values in WordTable.build(words).arrays().items()}
    arrays["rows"] = np.roll(arrays["rows"], 7)
    table = WordTable(**arrays)
    for word in words:
        try:
            assert table.find(word) == words.index(word)
        except ValueError:
            break
    else:
        pytest.fail("the damage was not found")
    found = []
    for word in words:
        with contextlib.suppress(ValueError):
            found.append(table.find(word))
    assert -1 not in found


def test_arrays_that_do_not_fit():
    arrays = WordTable.build(words_of(9)).arrays()
    for name, values in (
        ("offsets", arrays["offsets"][:-1]),
        ("offsets", arrays["offsets"].astype(np.int32)),
        ("starts", arrays["starts"][:1]),
        ("starts", arrays["starts"] * 2),
        ("rows", arrays["rows"].reshape(1, -1)),
        ("blob", arrays["blob"][:-1]),
    ):
        with pytest.raises(ValueError, match="word table"):
            WordTable(**{**arrays, name: values})
