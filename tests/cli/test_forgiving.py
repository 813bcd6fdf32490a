"""Commands as people type them, and what they are told: a table of screens."""

import argparse
import io
import sys
from itertools import pairwise

import numpy as np
import pytest

import iiq
from iiq.cli import VERBS, build_parser, main
from iiq.cli._arguments import arranged
from iiq.cli._hints import in_options, one_edit_away
from iiq.cli.nn import completions


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    folder = tmp_path_factory.mktemp("typed")
    sample = iiq.samples.bundled()
    words = iiq.WordVectors(sample.words[:600], np.asarray(sample.vectors[:600]))
    iiq.write_vectors(words, folder / "glove.txt", format="glove")
    iiq.compress(words, preset="balanced", random_state=0).save(folder / "glove.iiq")
    bits = iiq.compress(words, n_bits=64, random_state=0)
    bits.save(folder / "bits.iiq")
    bits.index.save(folder / "codes.index")
    pairs = [f"{one}\t{two}\t{i % 7}" for i, (one, two) in enumerate(pairwise(words.words[50:90]))]
    (folder / "pairs.tsv").write_text("\n".join(["word1\tword2\tscore", *pairs]))
    return folder


# What is typed in a folder with glove.txt and glove.iiq; the exit code; what the screen says.
SCREENS = [
    ("nn glove.iiq -k 2 water", 0, "water\n"),
    ("nn -k 2 glove.iiq water", 0, "water\n"),
    ("nn glove.iiq water -k 2", 0, "water\n"),
    ("nn glove.iiq water --topn=2 power", 0, "power\n"),
    ("nn glove.iiq -- water", 0, "water\n"),
    ("nn glove.iiq --scoring decoded water --json", 0, '"water"'),
    ("nn glove.iiq --scor hamming water", 0, "water\n"),
    ("nn glove.iiq governmnt", 1, "not in the vocabulary; did you mean 'government'?"),
    ("nn glove.iiq Water", 1, "'water' is"),
    ("nn glove.iiq qqqqq", 1, "'qqqqq' is not in the vocabulary\n"),
    ("nn glove.iiq Governmnt", 1, "did you mean 'government'?"),
    ("nn", 2, "iiq nn: error: the following arguments are required: file"),
    ("nn -k three glove.iiq water", 2, "invalid int value: 'three'; iiq nn --help says more\n"),
    ("", 2, "usage: iiq [-h] [--version] VERB"),
    ("nn glove.iik water", 2, "did you mean glove.iiq?"),
    ("nn nosuchfile water", 2, "nosuchfile: No such file or directory\n"),
    ("nn glove.txt water", 2, "iiq compress glove.txt OUTPUT"),
    ("info glove.txt", 2, "iiq compress glove.txt OUTPUT"),
    ("export glove.txt x.npy --to npy", 2, "iiq compress glove.txt OUTPUT"),
    ("analogy glove.txt a b c", 2, "iiq compress glove.txt OUTPUT"),
    ("analogy -k 1 glove.iiq man his --json her", 0, '"answers"'),
    ("analogy glove.iiq man governmnt her", 1, "did you mean 'government'?"),
    ("compress glove.iiq other.iiq", 2, "see iiq info, iiq nn, iiq eval or iiq convert"),
    ("compare glove.iiq", 2, "see iiq info, iiq nn, iiq eval or iiq convert"),
    ("compress glove.txt --bits 64 a.iiq", 0, "wrote a.iiq"),
    ("compress --preset balanced glove.txt a.iiq", 0, "kept vectors"),
    ("compress glove.txt a.iiq --bits 0", 2, "--bits must be at least 1, got 0"),
    ("compress glove.txt a.iiq --ratio 9999", 2, "--ratio must be above 0 and at most 3200"),
    ("compress glove.txt a.iiq --preset tiny --bits 3", 2, "got --preset tiny and --bits 3"),
    ("compress glove.txt nofolder/a.iiq", 2, "no such folder"),
    ("compress glove.txt a.iiq --method pca", 2, "--method must be one of iiq"),
    ("convert glove.iiq three.txt --limit 3", 0, "three.txt"),
    ("convert --limit 3 glove.txt three.txt", 0, "three.txt"),
    ("doctor glove.txt", 0, "<- recommended"),
    ("doctor --source glove.txt glove.iiq", 0, "recall@10"),
    ("info glove.iiq --verify", 0, "verified"),
    ("compare --bits 50 25 glove.txt --tasks isotropy --methods iiq", 0, "iiq"),
    ("compare --tasks isotropy --methods iiq glove.txt", 0, "float, cleaned"),
    ("eval --tasks isotropy glove.iiq", 0, "isotropy"),
    ("eval glove.iiq", 0, "basics  accuracy"),
    ("eval glove.iiq --tasks similarity", 2, "only analogies come with iiq"),
    ("bench --queries 2 glove.iiq -k 2", 0, "queries/s"),
    ("nn glove.iiq -k 0 water", 2, "-k must be at least 1, got 0"),
    ("nn glove.iiq water --scoring rescore --oversample 5", 0, "water\n"),
    ("nn bits.iiq water --scoring rescore", 2, "--keep-vectors"),
    ("nn glove.iiq water --encoding utf-8 -k 1", 2, "unrecognized arguments: --encoding"),
    ("analogy glove.iiq man his", 2, "the following arguments are required"),
    ("info bits.iiq --json", 0, '"n_bits": 64'),
    ("info glove.iiq", 0, "kept vectors   int4: they put"),
    ("info glove.iiq", 0, "decoded codes  leave out"),
    ("info codes.index", 2, "HammingIndex.load opens it"),
    ("eval glove.iiq --sets pairs.tsv", 0, "pairs"),
    ("eval --sets pairs.tsv --long -- glove.iiq", 0, "spearman"),
    ("eval glove.txt --sets pairs.tsv --json", 0, '"spearman"'),
    ("eval glove.iiq --sets nopairs.tsv", 2, "nopairs.tsv"),
    ("plot loss glove.iiq -o loss.pdf", 0, "wrote loss.pdf\n"),
    ("plot words bits.iiq --word water -n 5 -o three", 0, "wrote three.png\n"),
    ("plot words bits.iiq --word governmnt -o three", 1, "did you mean 'government'?"),
    ("plot words bits.iiq -o three", 2, "needs --word WORD"),
    ("export bits.iiq codes.npy --to npy --overwrite", 0, "verified"),
    ("export bits.iiq codes.npy --to nmp", 2, "invalid choice: 'nmp'"),
    ("doctor glove.txt --limit 200", 0, "words           200"),
]


def exit_code(command):
    try:
        return main(command.split())
    except SystemExit as ended:  # of argparse
        return ended.code


@pytest.mark.parametrize(("command", "code", "said"), SCREENS, ids=[s[0] for s in SCREENS])
def test_what_is_typed(command, code, said, places, monkeypatch, capsys):
    monkeypatch.chdir(places)
    monkeypatch.delenv("IIQ_DATA", raising=False)
    assert exit_code(command) == code
    shown = capsys.readouterr()
    assert said in (shown.out if code == 0 else shown.err)
    for python in ("n_bits", "keep_vectors=", "Traceback", ".part", "preset="):
        assert python not in shown.err
    if command.startswith("convert"):
        assert len((places / "three.txt").read_text().splitlines()) in (3, 4)  # with its header


# What is typed at Python, in the same folder; what it prints.
SNIPPETS = [
    ("iiq.load('glove.iiq').most_similar('water', topn=1)[0][0]", None),
    ("iiq.load('glove.iik')", "No such file or directory"),
    ("iiq.load('glove.txt')", r"compress it: iiq\.compress\(path\)"),
    ("iiq.read_vectors('glove.iiq')", r"open it with iiq\.load\(path\)"),
    ("iiq.compress('glove.txt', n_bits=64, ratio=32)", "they name the same thing"),
    ("iiq.compress('glove.txt', nbits=64)", "method 'iiq' has no parameter nbits; it has"),
    ("iiq.compress('glove.txt', preset='smal')", "preset must be one of tiny, small"),
    ("iiq.HammingIndex.load('bits.iiq')", r"use iiq\.load\(path\)\.index"),
    ("iiq.compare('glove.txt', bits=3)", "unexpected keyword argument 'bits'"),
    ("iiq.IIQ(8).transform([[1.0] * 8])", r"not fitted yet: call fit\(X\) first"),
    ("iiq.load('bits.iiq').most_similar('governmnt')", "Key 'governmnt' not present"),
    ("iiq.load('bits.iiq').most_similar('water', scoring='asymmetric')", "scoring must be"),
    ("iiq.load('bits.iiq')['water'].shape == (100,)", None),
    ("len(iiq.HammingIndex.load('codes.index')) == 600", None),
]


@pytest.mark.parametrize(("code", "error"), SNIPPETS, ids=[s[0] for s in SNIPPETS])
def test_what_is_typed_at_python(code, error, places, monkeypatch):
    monkeypatch.chdir(places)
    if error is None:
        assert eval(code, {"iiq": iiq})
        return
    with pytest.raises((ValueError, TypeError, KeyError, OSError), match=error):
        eval(code, {"iiq": iiq})


def test_a_verb_that_is_not_one(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["kompress", "x"])
    assert ended.value.code == 2
    assert "no verb 'kompress': did you mean compress?" in capsys.readouterr().err


def test_the_option_of_several_values_leaves_the_operands():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--bits", nargs="+", type=int)
    parser.add_argument("--sets", nargs="+")
    parser.add_argument("-k", type=int)
    expected = argparse.Namespace(file="F", bits=[1, 2], sets=["a", "b"], k=3)
    for typed in (
        "F --bits 1 2 --sets a b -k 3",
        "--bits 1 2 F --sets a b -k 3",
        "-k 3 --sets a b --bits 1 2 F",
        "--bits 1 2 -k3 --sets a b F",
        "--sets a b F -k 3 --bits 1 2",
    ):
        assert parser.parse_args(arranged(parser, typed.split())) == expected


def test_words_that_begin_with_a_dash_come_after_two():
    verb = build_parser()._subparsers._group_actions[0].choices["nn"]
    found = verb.parse_args(arranged(verb, ["FILE", "-k", "3", "--", "-foo", "--bar"]))
    assert found.words == ["-foo", "--bar"]


def test_too_many_bits_warn(tmp_path, run_python):
    few = tmp_path / "few.txt"
    few.write_text("".join(f"w{i} {i % 7}.5 {i % 5}\n" for i in range(40)))
    shown = run_python("-m", "iiq", "compress", str(few), str(tmp_path / "few.iiq"), "--bits", "65")
    assert shown.returncode == 0
    warned = [line for line in shown.stderr.splitlines() if "longer than" in line]
    assert warned[0].startswith("iiq: warning: --bits 65: such codes are longer than the float32")


def test_a_pipe_gets_nothing_but_answers(places, monkeypatch, capsys):
    monkeypatch.chdir(places)
    monkeypatch.setattr(sys, "stdin", io.StringIO("water\nhis - man + her\n"))
    assert main(["nn", "glove.iiq", "-k", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "water"
    assert lines[2] == "his - man + her"
    assert len(lines) == 4


def test_tab_completes_with_the_most_frequent_words_first():
    assert completions(["the", "of", "to", "that", "Theo"], "t") == ["the", "to", "that"]
    assert completions(["the"], "x") == []


def test_edits_are_all_of_one_letter():
    near = set(one_edit_away("cat"))
    assert {"at", "cart", "bat", "act", "cats", "cta", "c-at"} <= near
    assert "dog" not in near
    assert not set(one_edit_away("x" * 60)) - {"x" * 59, "x" * 60}


def test_errors_speak_of_options():
    assert (
        in_options("use keep_vectors='int8' or n_bits=5") == "use --keep-vectors int8 or --bits 5"
    )
    assert in_options("random_state must be at least 0") == "--seed must be at least 0"
    assert in_options("a word of the words=None kind") == "a word of the no --words kind"


@pytest.mark.parametrize("columns", [40, 80])
@pytest.mark.parametrize("verb", [None, *VERBS])
def test_help_fits_the_screen(verb, columns, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(columns))
    with pytest.raises(SystemExit):
        main([*([verb] if verb else []), "--help"])
    long = [line for line in capsys.readouterr().out.splitlines() if len(line) > columns]
    assert all(len(line.split()) == 1 or line.lstrip().startswith("[") for line in long), long
