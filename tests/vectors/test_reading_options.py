"""Options of reading reach every entry point; the advice of an error works where it is given."""

import json
import shlex
import warnings

import numpy as np
import pytest

import iiq
from iiq.cli import main
from iiq.vectors.readers import READING

ROWS = b"".join(b"w%d 0.1 0.%d 0.2\n" % (i, i) for i in range(1, 20))
MATRIX = np.random.default_rng(0).standard_normal((20, 3)).round(3)
NUMBERS = "".join(" ".join(map(str, row)) + "\n" for row in MATRIX).encode()

# Content: what the error advises, as an argument of functions and on the command line.
CASES = {
    "few.vec": (b"25 3\n" + ROWS, {"check_count": False}, "--no-check-count"),
    "cut.vec": (
        b"20 3\n" + ROWS + b"\xe4\xb8 0.3 0.4 0.5\n",
        {"errors": "replace"},
        "--errors replace",
    ),
    "latin.vec": (
        b"20 3\n" + ROWS + b"\xe9t\xe9 0.3 0.4 0.5\n",
        {"encoding": "latin-1"},
        "--encoding latin-1",
    ),
    "wide.txt": (ROWS.decode().encode("utf-16"), {"encoding": "utf-16"}, "--encoding utf-16"),
    "header.vec": (
        b"20 2\n" + ROWS + b"v 0.1 0.2 0.3\n",
        {"format": "word2vec"},
        "--format word2vec",
    ),
    "matrix.tsv": (NUMBERS, {"words": "list.txt"}, "--words"),
}


@pytest.fixture
def case(request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content, option, on_command_line = CASES[request.param]
    (tmp_path / request.param).write_bytes(content)
    (tmp_path / "list.txt").write_text("".join(f"word{i}\n" for i in range(20)))
    return request.param, option, on_command_line


every_case = pytest.mark.parametrize("case", CASES, indirect=True)


@every_case
def test_the_advice_works_in_every_function(case, tmp_path):
    name, option, _ = case
    (key,) = option
    small = {"n_bits": 8, "random_state": 0, "n_remove": 0}
    calls = {
        "read_vectors": lambda **more: iiq.read_vectors(name, **more),
        "iter_vectors": lambda **more: list(iiq.iter_vectors(name, **more)),
        "compress": lambda **more: iiq.compress(name, **small, **more),
        "compress_file": lambda **more: iiq.vocabulary.compress.compress_file(
            name, "out.iiq", **small, **more
        ),
    }
    for call in calls.values():
        with pytest.raises(ValueError, match=f"{key}=") as caught:
            call()
        if key != "words":
            assert f"{key}={option[key]!r}" in str(caught.value)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            assert len(call(**option))


VERBS = {
    "compress": "compress {} out.iiq --bits 8 --n-remove 0",
    "convert": "convert {} out.npy",
    "doctor": "doctor {}",
    "eval": "eval {} --sets pairs.tsv",
    "compare": "compare {} --methods lsh --bits 8 --tasks isotropy",
}


@every_case
@pytest.mark.parametrize("verb", VERBS)
def test_the_advice_works_on_the_command_line(case, verb, tmp_path, capsys):
    name, _, option = case
    forms = [("w1", "w2"), ("w3", "w4"), ("w1 0.1", "w2 0.1"), ("w3 0.1", "w4 0.1")]
    forms += [("word1", "word2"), ("word3", "word4")]
    lines = [f"{one}\t{other}\t{score}\n" for score, (one, other) in enumerate(forms)]
    (tmp_path / "pairs.tsv").write_text("word1\tword2\tscore\n" + "".join(lines))
    command = shlex.split(VERBS[verb].format(name))
    assert main(command) == 2
    assert option.split()[0] in capsys.readouterr().err.replace("file's encoding, as in", "")
    more = [*option.split(), *(["list.txt"] if option == "--words" else [])]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        assert main([*command, *more]) == 0


def test_pickles_on_every_path(tmp_path):
    np.save(tmp_path / "v.npy", {"king": np.float32([1, 2, 3]), "queen": np.float32([1, 2, 4])})
    with pytest.raises(ValueError, match="pass allow_pickle=True"):
        iiq.compress(tmp_path / "v.npy")
    assert len(iiq.compress(tmp_path / "v.npy", allow_pickle=True, n_remove=0)) == 2


def test_reading_options_for_what_is_no_file():
    with pytest.raises(TypeError, match="encoding, limit say how to read a file, but the vectors"):
        iiq.compress((["a", "b"], np.eye(2)), limit=3, encoding="utf-8")


def test_words_for_a_file_that_has_its_own(tmp_path):
    (tmp_path / "v.txt").write_bytes(ROWS)
    with pytest.raises(ValueError, match="leave words= out"):
        iiq.read_vectors(tmp_path / "v.txt", words=["a"])
    iiq.write_vectors((["a", "b"], np.eye(2)), tmp_path / "v.bin")
    with pytest.raises(ValueError, match=r"holds its own words.*leave words= out"):
        iiq.read_vectors(tmp_path / "v.bin", words=["a", "b"])


def test_an_unknown_encoding_or_way_with_errors(tmp_path):
    (tmp_path / "v.txt").write_bytes(ROWS)
    for option in ({"encoding": "utf8000"}, {"errors": "hide"}):
        with pytest.raises(ValueError, match=r"unknown .*: encoding= takes the name of"):
            iiq.read_vectors(tmp_path / "v.txt", **option)


def test_the_options_are_those_of_read_vectors():
    import inspect

    for function in (iiq.read_vectors, iiq.iter_vectors):
        assert set(READING) < set(inspect.signature(function).parameters)


def test_an_archive_is_read_by_every_verb(tmp_path, capsys):
    import zipfile

    archive = tmp_path / "v.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("one.txt", "a 1 2\n" * 2)
        file.writestr("two.txt", ROWS)
    assert main(["doctor", str(archive / "two.txt"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["words"] == 19
    (tmp_path / "pairs.tsv").write_text("word1\tword2\tscore\nw1\tw2\t1\nw3\tw4\t2\nw5\tw6\t3\n")
    command = ["eval", str(archive / "two.txt"), "--sets", str(tmp_path / "pairs.tsv")]
    assert main(command) == 0


@pytest.mark.parametrize(
    "option", ["--limit 2", "--encoding latin-1", "--no-check-count", "--allow-pickle"]
)
@pytest.mark.parametrize("verb", ["convert {} out.npy", "doctor {}", "eval {}"])
def test_options_of_reading_for_a_vocabulary_are_not_dropped(
    tmp_path, monkeypatch, capsys, option, verb
):
    monkeypatch.chdir(tmp_path)
    heeded = verb.startswith("convert") and option.startswith("--limit")
    iiq.compress((["a", "b", "c"], np.eye(3)), n_remove=0).save("v.iiq")
    assert main([*shlex.split(verb.format("v.iiq")), *option.split()]) == (0 if heeded else 2)
    if heeded:
        assert len(iiq.read_vectors("out.npy")) == 2
        return
    told = capsys.readouterr().err
    assert f"{option.split()[0]} says how to read vectors, but v.iiq is a compressed" in told
