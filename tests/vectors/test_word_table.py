"""The mapped table of words: a list and a dict that are never built, and words added to them."""

import contextlib
import copy
import itertools
import pickle
import threading
import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from iiq._support.native import kernels
from iiq.vectors.word_table import PARTS, WordRows, WordTable

STRANGE = ["", " ", "a\tb", "line\nbreak", "nul\0", "😀", "é", "e\u0301", "\U0010ffff", "x" * 70000]
SETS = sorted({"numba", kernels()[0]})  # the core, where there is one, and its twin

any_words = st.lists(st.text(st.characters(exclude_categories=["Cs"])), unique=True)
# Words that share letters: long pieces, long common beginnings, all alike but for an end.
alike = st.lists(
    st.text("ab", max_size=12) | st.builds(lambda n: "a" * n, st.integers(0, 300)), unique=True
)


@pytest.fixture(params=SETS)
def backend(request, monkeypatch):
    monkeypatch.setenv("IIQ_KERNELS", request.param)
    return request.param


def words_of(n):
    return [f"w{i}" for i in range(n)]


def built_by(kernels, words, monkeypatch):
    monkeypatch.setenv("IIQ_KERNELS", kernels)
    return WordTable.build(words)


@pytest.mark.parametrize("kernels", SETS)
@given(words=any_words | alike)
@settings(max_examples=60, deadline=None)
def test_behaves_as_the_list_and_the_dict(kernels, words):
    with pytest.MonkeyPatch.context() as patch:
        table = built_by(kernels, words, patch)
    assert table == words
    assert list(table) == words
    assert len(table) == len(words)
    assert [table.find(word) for word in words] == list(range(len(words)))
    assert table.find_many(words).tolist() == list(range(len(words)))
    assert dict(WordRows(table)) == {word: row for row, word in enumerate(words)}
    assert table.find("".join(words) + "~") == -1
    assert table[1:-1:2] == words[1:-1:2]
    assert table.words_at(range(len(words))) == words


@given(words=any_words | alike)
@settings(max_examples=60, deadline=None)
@example(words=[])
@example(words=[""])
@example(words=[chr(letter) for letter in range(256)])  # more letters than there are pieces
@example(words=["ab" * n for n in range(400)])
@example(words=[f"{a}{b}" for a, b in itertools.product(["the", "cat", "sat"], range(3000))])
def test_the_core_and_its_twin_make_the_same_bytes(words):
    with pytest.MonkeyPatch.context() as patch:
        tables = [built_by(kernels, words, patch).arrays() for kernels in SETS]
    for name, dtype in PARTS.items():
        assert {table[name].dtype for table in tables} == {np.dtype(dtype)}
        assert len({table[name].tobytes() for table in tables}) == 1, name


def test_long_and_hostile_words(backend):
    """A chain of prefixes, a word of 1 MB, words alike but for the last byte."""
    chain = ["x" * n for n in range(1, 700)]
    last = ["y" * 2000 + chr(letter) for letter in range(1, 128)]
    words = [*chain, "z" * (1 << 20), "z" * ((1 << 20) - 1), *last, *STRANGE]
    table = WordTable.build(words)
    assert table.find_many(words).tolist() == list(range(len(words)))
    assert table.words_at(np.arange(len(words))[::-1]) == words[::-1]
    assert table.find("z" * (1 << 20) + "z") == -1
    assert table.find("y" * 2000) == -1


def test_list_manners(backend):
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
    assert table.find_many(["é", 3, "\ud800", None, b"a", "😀"]).tolist() == [6, -1, -1, -1, -1, 5]
    assert table.find_many(word for word in ("é", "~")).tolist() == [6, -1]
    for wrong in (10, -11):
        with pytest.raises(IndexError, match=f"row {wrong} is outside a vocabulary of 10"):
            table[wrong]
    with pytest.raises(IndexError, match="row -1 is outside a vocabulary of 10"):
        table.words_at([3, -1])
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


def test_the_shape_of_the_list_does_not_matter(backend):
    words = words_of(5000)
    assert WordTable.build(iter(words)) == WordTable.build(tuple(words)) == words
    table = WordTable.build(words)
    assert table.find_many(tuple(words[::-1])).tolist() == list(range(5000))[::-1]
    assert table.find_many([]).tolist() == table.words_at([]) == []


# --- words that are added ------------------------------------------------------------------------


def test_added_words(backend):
    table = WordTable.build(["a", "b"])
    longer = table.appended(["c", "d"])
    assert longer == ["a", "b", "c", "d"]
    assert table == ["a", "b"]
    assert (table.find("d"), longer.find("d")) == (-1, 3)
    assert longer.find_many(["d", "a", "e"]).tolist() == [3, 0, -1]
    assert longer.words_at([3, 0, 2]) == ["d", "a", "c"]
    assert WordTable(**longer.arrays()) == longer
    assert table.appended([]) == table
    for words in (["e", "a"], ["e", "d"], ["e", "e"]):
        with pytest.raises(ValueError, match=r"already|twice"):
            longer.appended(words)
    for words, error in ((["e", 1], TypeError), (["e", "\ud800"], ValueError)):
        with pytest.raises(error, match="word 5"):
            longer.appended(words)
    assert len(longer) == 4


def test_two_tables_that_grow_out_of_one():
    start = WordTable.build(["a"]).appended(["b"])
    one, two = start.appended(["c", "d"]), start.appended(["d", "e"])
    assert one == ["a", "b", "c", "d"]
    assert two == ["a", "b", "d", "e"]
    assert start == ["a", "b"]
    assert [table.find("d") for table in (start, one, two)] == [-1, 3, 2]
    assert one.appended(["e"]).find("e") == 4
    assert one.find("e") == -1


@given(st.lists(st.tuples(st.integers(0, 5), st.lists(st.text("ab", max_size=3))), max_size=12))
@settings(max_examples=60, deadline=None)
def test_any_tree_of_tables_is_a_tree_of_lists(steps):
    tables, lists = [WordTable.build(["a"])], [["a"]]
    for number, words in steps:
        parent = number % len(tables)
        new = [word for word in dict.fromkeys(words) if word not in lists[parent]]
        tables.append(tables[parent].appended(new))
        lists.append(lists[parent] + new)
    for table, words in zip(tables, lists, strict=True):
        assert table == words
        assert table.find_many(["", "a", "b", "ab", "aaa"]).tolist() == [
            words.index(word) if word in words else -1 for word in ["", "a", "b", "ab", "aaa"]
        ]


def test_threads_may_ask_while_words_are_added():
    table = WordTable.build(words_of(100))
    held, wrong, done = [table], [], threading.Event()

    def ask():
        while not done.is_set():
            now = held[0]
            n = len(now)
            if (
                now.find(f"w{n - 1}") != n - 1
                or now.find(f"w{n}") != -1
                or now[n - 1] != f"w{n - 1}"
            ):
                wrong.append(n)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(100, 3000):
        held[0] = held[0].appended([f"w{n}"])
    done.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert held[0] == words_of(3000)


def test_a_word_costs_the_same_however_many_were_added():
    def seconds(table):
        start = time.process_time()
        for i in range(300):
            table = table.appended([f"new{i}"])
        return time.process_time() - start

    small = WordTable.build(["a"])
    large = small.appended(words_of(300_000))
    assert min(seconds(large) for _ in range(3)) < 20 * min(seconds(small) for _ in range(3))


def test_copies():
    table = WordTable.build(STRANGE).appended(["new"])
    assert pickle.loads(pickle.dumps(table)) == table
    assert copy.deepcopy(table) == table


@pytest.mark.parametrize(
    ("words", "error", "text"),
    [
        (["a", "b", "a"], ValueError, "'a' stands twice, in rows 0 and 2"),
        (["a", "é", "é", "a"], ValueError, "'é' stands twice, in rows 1 and 2"),
        (["a", 1], TypeError, "word 1 is 1"),
        (["a", b"b"], TypeError, "bytes"),
        (["a\ud800"], ValueError, "cannot be written as UTF-8"),
    ],
)
def test_words_that_cannot_be(words, error, text, backend):
    for given_as in (words, iter(words)):
        with pytest.raises(error, match=text):
            WordTable.build(given_as)


# --- damage --------------------------------------------------------------------------------------


def check_that_it_never_lies(arrays, words):
    """A damaged table is refused, or gives for each word the right row, and for each row its
    word, or ValueError; never another word's."""
    try:
        table = WordTable(**arrays)
    except ValueError:
        return
    for row, word in enumerate(words):
        with contextlib.suppress(ValueError):
            assert table.find(word) == row
        with contextlib.suppress(ValueError):
            assert table[row] == word
        with contextlib.suppress(ValueError):
            assert table.find(f"{word}~") == -1
    with contextlib.suppress(ValueError):
        assert table.find_many(words).tolist() == list(range(len(words)))
    with contextlib.suppress(ValueError):
        assert list(table) == words


@pytest.mark.parametrize("part", list(PARTS))
def test_one_damaged_number_is_found(part, backend):
    words = [*words_of(30), *STRANGE[:-1], "x" * 9000]
    whole = WordTable.build(words).arrays()
    generator = np.random.default_rng(0)
    for _ in range(100 if backend == "numba" else 400):
        arrays = dict(whole)
        arrays[part] = whole[part].copy()
        raw = arrays[part].view(np.uint8).reshape(-1)
        raw[generator.integers(raw.size)] ^= generator.integers(1, 256, dtype=np.uint8)
        check_that_it_never_lies(arrays, words)


def test_damage_is_found_where_it_is_touched(backend):
    """One page of many: words that do not lie there are found as before."""
    words = words_of(20_000)
    arrays = dict(WordTable.build(words).arrays())
    arrays["text"] = arrays["text"].copy()
    arrays["text"][10_000] ^= 1
    table = WordTable(**arrays)
    assert table[0] == "w0"
    assert table[19_999] == "w19999"
    row = int(np.searchsorted(arrays["starts"], 10_000)) * 16 - 20
    with pytest.raises(ValueError, match="bytes 8192 to 12288 of text differ from their checksum"):
        table[row]
    with pytest.raises(ValueError, match="differ from their checksum"):
        table.find(f"w{row}")
    with pytest.raises(ValueError, match="differ from their checksum"):
        table.find_many(words)


def crafted(arrays):
    """Make the checksums right: what is left is a file that someone made with care."""
    from zlib import crc32

    arrays = {name: np.ascontiguousarray(part) for name, part in arrays.items()}
    checks = [crc32(arrays["pieces"].tobytes(), crc32(arrays["numbers"].tobytes()))]
    for name in ("starts", "text", "rows"):
        data = arrays[name].tobytes()
        checks += [crc32(data[at : at + 4096]) for at in range(0, len(data), 4096)]
    return {**arrays, "checks": np.array(checks, np.uint32)}


def test_parts_of_another_table_are_refused(backend):
    """Tables of as many words: each part fits, its checksums do not."""
    words = words_of(300)
    one, two = (WordTable.build(some).arrays() for some in (words, words[::-1]))
    for name in PARTS:
        check_that_it_never_lies({**one, name: two[name]}, words)


def test_letters_that_are_no_utf8_are_damage(backend):
    arrays = dict(WordTable.build(["a", "b"]).arrays())
    arrays["pieces"] = arrays["pieces"].copy()
    letters = arrays["pieces"][:, 1:]
    letters[letters == ord("b")] = 0xFF
    table = WordTable(**crafted(arrays))
    assert (table[0], table.find("b"), table.find("a")) == ("a", -1, 0)
    for ask in (lambda: table[1], lambda: list(table), lambda: table.words_at([0, 1])):
        with pytest.raises(ValueError, match="word 1 is no UTF-8"):
            ask()


def test_hostile_arrays_with_right_checksums_never_crash(backend):
    words = words_of(300)
    whole = WordTable.build(words).arrays()
    generator = np.random.default_rng(1)
    extreme = [0, 1, 15, 16, 255, 2**31, 2**32, 2**40, 2**63, 2**64 - 1]
    for _ in range(60 if backend == "numba" else 600):
        arrays = {name: part.copy() for name, part in whole.items()}
        part = arrays[generator.choice([name for name in PARTS if name != "checks"])]
        flat = part.reshape(-1)
        for place in generator.integers(flat.size, size=generator.integers(1, 5)):
            number = extreme[generator.integers(len(extreme))] if generator.random() < 0.5 else None
            limit = np.iinfo(flat.dtype).max
            flat[place] = generator.integers(256) if number is None else min(number, limit)
        try:
            table = WordTable(**crafted(arrays))
        except ValueError:
            continue
        for word in (*words[::29], "missing"):
            with contextlib.suppress(ValueError):
                assert -1 <= table.find(word) < len(table)
        for ask in (
            lambda table=table: table.find_many(words),
            lambda table=table: table.words_at(np.arange(min(len(table), 300))),
        ):
            with contextlib.suppress(ValueError, MemoryError):
                ask()


def test_arrays_that_do_not_fit(backend):
    arrays = WordTable.build(words_of(90)).arrays()
    for name, values in (
        ("numbers", arrays["numbers"][:-1]),
        ("numbers", arrays["numbers"].astype(np.int64)),
        ("pieces", arrays["pieces"].reshape(-1)),
        ("pieces", arrays["pieces"][:-1]),
        ("text", arrays["text"].astype(np.int8)),
        ("starts", arrays["starts"][:-1]),
        ("starts", arrays["starts"].astype(np.uint32)),
        ("rows", arrays["rows"].reshape(1, -1)),
        ("rows", arrays["rows"][:-1]),
        ("checks", arrays["checks"][:-1]),
        ("checks", arrays["checks"][:0]),
    ):
        with pytest.raises(ValueError, match="word table"):
            WordTable(**{**arrays, name: values})
    words = words_of(4000)
    arrays = WordTable.build(words).arrays()
    with pytest.raises(ValueError, match="checksums are needed"):
        WordTable(**{**arrays, "text": arrays["text"][: -4096 - 1]})
