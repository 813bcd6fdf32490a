"""Reading of text vectors: the core and its Python twin against a plain reference."""

import itertools
import re
import tracemalloc
from contextlib import suppress
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iiq._numba.text import parse_vectors as python_parser
from iiq._support import native
from iiq.vectors.readers import iter_vectors, read_vectors, text

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")

PARSERS = {"numba": python_parser}
if native._compiled() is not None:
    PARSERS["core"] = native._compiled().parse_vectors


@pytest.fixture(params=sorted(PARSERS))
def parse(request):
    return PARSERS[request.param]


def reference(content: str, dim: int):
    """Read lines with nothing but str and float: (words, vectors), or (a wrong line, None)."""
    words, rows = [], []
    for whole_line in content.split("\n"):
        line = whole_line.rstrip(" \t\r")
        if not line:
            continue
        fields = list(re.finditer(r"[^ \t]+", line))[-dim:]
        if len(fields) < dim or fields[0].start() == 0:
            return line, None
        if not all(NUMBER.fullmatch(field.group()) for field in fields):
            return line, None
        words.append(line[: fields[0].start()].strip(" \t"))
        with np.errstate(over="ignore"):
            row = np.array([float(field.group()) for field in fields]).astype(np.float32)
        if not np.isfinite(row).all():
            return line, None
        rows.append(row)
    return words, np.array(rows, dtype=np.float32).reshape(-1, dim)


# Bytes that readers stumble over: no-break space, next line, separators, a quote, a tab inside.
tokens = st.text(
    st.sampled_from(list("ab.-1e\"'é\u00a0\u0085\u2028\x0b\x0c\x1c,#世\U0001f600")),
    min_size=1,
    max_size=6,
)
words = st.lists(tokens, min_size=1, max_size=3).map(" ".join)
numbers = st.one_of(
    st.floats(width=32, allow_nan=False, allow_infinity=False).map(repr),
    st.floats(-10, 10).map(lambda x: f"{x:.5f}"),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),  # beyond float32 too
    st.decimals(-9, 9, places=25).map(str),
    st.sampled_from(
        [
            "0",
            "-0",
            "1",
            "+1.5",
            ".5",
            "5.",
            "1E5",
            "1e-50",
            "1e50",
            "1e-400",
            "1e999",
            "-1e400",
            "0e999",
            "nan",
            "inf",
            "-Infinity",
            "x",
            "1_0",
            "0x1p3",
            "1e",
            "--1",
            "12345678901234567890",
            "0.30000000000000004",
            "16777217",
            "\u0661",
        ]
    ),
)
usual = st.sampled_from([" ", " ", " ", "\t", "  "])
ends = st.sampled_from(["\n", "\n", "\n", "\r\n", " \n", "\n\n", "\n \t\r\n"])


@st.composite
def files(draw):
    dim = draw(st.integers(1, 4))
    pieces = []
    for _ in range(draw(st.integers(0, 6))):
        pieces.append(draw(words))
        n = dim if draw(st.integers(0, 9)) else draw(st.integers(0, dim + 1))
        for _ in range(n):
            pieces += [draw(usual), draw(numbers)]
        pieces.append(draw(ends))
    content = "".join(pieces)
    return dim, content.removesuffix("\n") if draw(st.booleans()) else content


@given(files(), st.integers(1, 3))
@settings(max_examples=400, deadline=None)
@pytest.mark.parametrize("name", sorted(PARSERS))
def test_the_parsers_do_what_the_reference_does(name, file, threads):
    dim, content = file
    joined, vectors, lines, n_lines, damage = PARSERS[name](content.encode(), dim, threads)
    wanted_words, wanted = reference(content, dim)
    if wanted is None:
        kind, line, _, _ = damage
        assert kind in (1, 2, 3)
        assert content.split("\n")[line].rstrip(" \t\r") == wanted_words
        return
    assert damage is None
    assert n_lines == content.count("\n") + (not content.endswith("\n") and content != "")
    assert (joined.decode().split("\n") if len(vectors) else []) == wanted_words
    np.testing.assert_array_equal(vectors.view(np.uint32), wanted.view(np.uint32))
    found = [content.split("\n")[line] for line in lines]
    assert all(line.strip(" \t").startswith(w) for line, w in zip(found, wanted_words, strict=True))


@given(st.one_of(st.floats(allow_nan=False).map(repr), st.from_regex(NUMBER, fullmatch=True)))
@settings(max_examples=500, deadline=None)
def test_a_number_is_pythons_float_rounded_once_more(number):
    for name, parse in PARSERS.items():
        _, vectors, _, _, damage = parse(f"a {number}\n".encode(), 1, 1)
        with np.errstate(over="ignore"):
            wanted = np.float64(number).astype(np.float32)
        if np.isfinite(wanted):
            assert vectors[0, 0].tobytes() == wanted.tobytes(), name
        else:
            assert damage == (3, 0, 1, number.encode()), name


@given(st.floats(2**-10, 2**10, width=32), st.integers(15, 19), st.integers(-1, 1))
@settings(max_examples=500, deadline=None)
def test_numbers_halfway_between_two_floats(value, n_digits, step):
    # Here one wrong bit of the float64 changes the float32.
    middle = (np.float64(value) + np.float64(np.nextafter(np.float32(value), np.float32(2e3)))) / 2
    exact = Decimal(float(middle))
    unit = Decimal(1).scaleb(exact.adjusted() + 1 - n_digits)
    number = format(exact.quantize(unit) + step * unit, "f")
    for name, parse in PARSERS.items():
        vectors = parse(f"a {number}\n".encode(), 1, 1)[1]
        assert vectors[0, 0].tobytes() == np.float32(np.float64(number)).tobytes(), name


def test_threads_change_nothing(parse):
    rng = np.random.default_rng(0)
    content = "".join(
        f"w{i} {' '.join(map(str, row))}\n" + "\n" * (i % 97 == 0)
        for i, row in enumerate(rng.standard_normal((6000, 20)).round(5))
    ).encode()
    one = parse(content, 20, 1)
    for threads in (2, 3, 7):
        several = parse(content, 20, threads)
        assert several[0] == one[0]
        np.testing.assert_array_equal(several[1], one[1])
        np.testing.assert_array_equal(several[2], one[2])
        assert several[3:] == one[3:]
    middle = content.index(b"\nw3000 ") + 8
    broken = content[:middle] + b"x" + content[middle:]
    late = broken.replace(b"\nw5000 ", b"\nw5000 x")
    assert parse(late, 20, 3)[4] == parse(late, 20, 1)[4] == parse(broken, 20, 1)[4]


@pytest.fixture(params=["core", "numba"])
def kernels(request, monkeypatch):
    if request.param == "numba":
        monkeypatch.setenv("IIQ_KERNELS", "numba")
    return request.param


def write(folder, content, name="v.txt"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_glove_with_spaces_in_its_words(tmp_path, kernels):
    content = 'the 0.1 -0.2\n. . . 1 2\nat name@domain.com 3 4\n\u00a0 5 6\n" 7 8\n1 2 9 10'
    wv = read_vectors(write(tmp_path, content))
    assert wv.words == ["the", ". . .", "at name@domain.com", "\u00a0", '"', "1 2"]
    np.testing.assert_array_equal(wv["the"], np.float32([0.1, -0.2]))
    np.testing.assert_array_equal(wv["1 2"], [9, 10])


@pytest.mark.parametrize("form", ["{}", "\ufeff{}", "\n{}", " {} \r"])
def test_a_header_is_found(tmp_path, form):
    header = form.format("2 3")
    wv = read_vectors(write(tmp_path, f"{header}\n</s> 1 2 3\na 4 5 6\n"))
    assert wv.words == ["</s>", "a"]
    assert wv.dim == 3


def test_one_number_a_word_is_no_header(tmp_path):
    assert read_vectors(write(tmp_path, "5 3\n6 2\n7 1\n")).words == ["5", "6", "7"]
    assert read_vectors(write(tmp_path, "2 1\n6 2\n7 1\n")).words == ["6", "7"]
    assert read_vectors(write(tmp_path, "2 1\n6 2\n7 1\n"), format="glove").words == ["2", "6", "7"]


def test_limit_reads_no_further(tmp_path):
    path = write(tmp_path, "a 1 2\n\nb 3 4\nc oops\n")
    assert read_vectors(path, limit=2).words == ["a", "b"]
    with pytest.raises(ValueError, match="line 4"):
        read_vectors(path, limit=3)
    with pytest.raises(ValueError, match="limit must be at least 1, got 0"):
        read_vectors(path, limit=0)


def test_blocks_hold_the_same_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "_CHUNK", 100)  # many pieces
    rows = np.random.default_rng(1).standard_normal((57, 5)).round(4)
    content = "".join(f"w{i} {' '.join(map(str, row))}\n" for i, row in enumerate(rows))
    path = write(tmp_path, content)
    whole = read_vectors(path)
    np.testing.assert_array_equal(whole.vectors, rows.astype(np.float32))
    for block_rows in (1, 10, 57, 1000):
        words, blocks = zip(*iter_vectors(path, block_rows=block_rows), strict=True)
        assert [word for some in words for word in some] == whole.words
        assert {len(block) for block in blocks[:-1]} <= {block_rows}
        np.testing.assert_array_equal(np.concatenate(blocks), whole.vectors)


def test_words_that_come_again(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "_CHUNK", 8)
    path = write(tmp_path, "a 1 2\nb 3 4\na 5 6\nc 7 8\nb 9 9\n")
    with pytest.warns(UserWarning, match=r"v\.txt: 2 words occur again, the first 'a' in line 3"):
        wv = read_vectors(path)
    assert wv.words == ["a", "b", "c"]
    np.testing.assert_array_equal(wv.vectors, [[1, 2], [3, 4], [7, 8]])
    with pytest.warns(UserWarning, match="2 words occur again"):
        assert [words for words, _ in iter_vectors(path, block_rows=2)] == [["a", "b"], ["c"]]


def test_words_that_come_again_much_later(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "_CHUNK", 8)
    lines = [f"word{i % 20} {i}.5 -1\n" for i in range(25)]
    path = write(tmp_path, "".join(lines))
    with pytest.warns(UserWarning, match="5 words occur again, the first 'word0' in line 21"):
        wv = read_vectors(path)
    assert wv.words == [f"word{i}" for i in range(20)]
    assert wv.vectors[:, 0].tolist() == [i + 0.5 for i in range(20)]


def test_words_of_equal_hash_are_not_the_same_word(tmp_path):
    assert hash("5l") == hash("\u6c35")  # the same bytes in memory
    path = write(tmp_path, "5l 1 2\n\u6c35 3 4\n")
    assert read_vectors(path).words == ["5l", "\u6c35"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("hello\nworld\n", r"the first line is b'hello'"),
        ("2 3\n", "header says 2 rows, but the file has 0"),
        ("3 2\na 1 2\nb 3 4\n", "header says 3 rows, but the file has 2: it is truncated"),
        ("2 3\na 1 2 3\nb 4 5", r"line 3: the line ends with 2 numbers, expected 3 as the header"),
        ("a 1 2\nb 3 4\nc 5\n", r"line 3: the line ends with 1 number, expected 2 as in most"),
        ("a 1 2\nb 3 4\nc 5 x6\n", r"line 3: .* 0 numbers \('x6' is no number\), expected 2"),
        ("a 1 2\nb 3 4\n5 6\n", "line 3: 2 numbers but no word"),
        ("a 1 2\nb nan 4\n", "line 2: 'nan' is NaN, infinity or too large"),
        ("a 1 2\nb 3 4\nc 1e39 4\n", "line 3: '1e39' is NaN, infinity or too large"),
        (b"a 1 2\nb\xff\xfe 3 4\n", r"line 2: the word b'b\\xff\\xfe' is not utf-8 .*errors='repl"),
    ],
)
def test_bad_files(tmp_path, kernels, content, message):
    path = write(tmp_path, content)
    with pytest.raises(ValueError, match=message) as caught:
        read_vectors(path)
    assert str(path) in str(caught.value)
    with pytest.raises(ValueError, match=message):
        list(iter_vectors(path))


def test_ways_around_bad_files(tmp_path):
    truncated = write(tmp_path, "3 2\na 1 2\nb 3 4\n")
    assert read_vectors(truncated, check_count=False).words == ["a", "b"]
    latin = write(tmp_path, b"a 1 2\n\xe9t\xe9 3 4\n")
    assert read_vectors(latin, errors="replace").words == ["a", "\ufffdt\ufffd"]
    assert read_vectors(latin, encoding="latin-1").words == ["a", "été"]
    longer = write(tmp_path, "1 2\na 1 2\nb 3 4\n")
    with pytest.warns(UserWarning, match="header says 1 rows, but the file has 2: all are read"):
        assert len(read_vectors(longer)) == 2
    wide = write(tmp_path, "a 1 2\nb 0.5 3 4\n")
    with pytest.warns(UserWarning, match=r"line 2: more than 2 numbers, .* 'b 0\.5'"):
        assert read_vectors(wide).words == ["a", "b 0.5"]


def test_bad_arguments(tmp_path):
    path = write(tmp_path, "a 1\n")
    with pytest.raises(FileNotFoundError, match=r"no such file or folder: .*nothing\.txt"):
        read_vectors(tmp_path / "nothing.txt")
    with pytest.raises(ValueError, match=r"format must be 'auto' or one of npy, .*; got 'word'"):
        read_vectors(path, format="word")
    with pytest.raises(ValueError, match="the first line should be 'rows dim', it is b'a 1'"):
        read_vectors(path, format="word2vec")
    with pytest.raises(ValueError, match="block_rows must be at least 1"):
        iter_vectors(path, block_rows=0)


def test_blocks_take_constant_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "_CHUNK", 1 << 16)
    path = write(tmp_path, "".join(f"w{i}{' 0.25' * 50}\n" for i in range(40_000)))
    assert path.stat().st_size > 10_000_000
    list(iter_vectors(path, limit=10))  # imports what it needs
    tracemalloc.start()
    assert sum(len(words) for words, _ in iter_vectors(path, block_rows=1000)) == 40_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000


def test_bytes_that_do_not_lie_side_by_side_are_read_right_or_refused(parse):
    spread = memoryview(b"a- -1- -2-\n-")[::2]
    with suppress(ValueError):  # refused
        joined, vectors, *_ = parse(spread, 2, 1)
        assert (joined, vectors.tolist()) == (b"a", [[1, 2]])


def test_both_parsers_tell_the_same_damage():
    tokens = [b"w", b"1", b"inf", b"1x", b""]
    for size in range(1, 5):
        for fields in itertools.product(tokens, repeat=size):
            line = b" ".join(fields) + b"\n"
            for dim in range(1, 5):
                told = {name: parser(line, dim, 1)[4] for name, parser in PARSERS.items()}
                assert len(set(told.values())) == 1, (line, dim, told)
