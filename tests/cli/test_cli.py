"""The command line as a person or a script uses it: output, exit codes, pipes, bad input."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import iiq
from iiq import samples
from iiq.cli import VERBS, main
from iiq.cli.nn import split_terms


@pytest.fixture(scope="module")
def sample():
    return samples.bundled()


@pytest.fixture(scope="module")
def vocabulary_file(tmp_path_factory, sample):
    words = iiq.WordVectors(sample.words[:3000], sample.vectors[:3000])
    path = tmp_path_factory.mktemp("cli") / "words.iiq"
    iiq.compress(words, random_state=0).save(path)
    return str(path)


@pytest.fixture
def text_file(tmp_path, sample):
    path = tmp_path / "vectors.txt"
    with open(path, "w", encoding="utf-8") as stream:
        for word, vector in zip(sample.words[:500], sample.vectors[:500], strict=True):
            stream.write(word + " " + " ".join(f"{x:.5f}" for x in vector) + "\n")
    return str(path)


def test_compress_then_info_then_nn(tmp_path, text_file, capsys):
    output = str(tmp_path / "small.iiq")
    assert main(["compress", text_file, output, "--ratio", "32"]) == 0
    told = capsys.readouterr().out
    assert "500 words, 100 dimensions -> 100 bits" in told
    share = os.path.getsize(text_file) / os.path.getsize(output)
    assert f": {share:.1f} times smaller than the " in told
    assert main(["info", output]) == 0
    told = capsys.readouterr().out
    assert "500" in told
    assert f"the file with its words {200_000 / os.path.getsize(output):.3g} times" in told
    assert main(["nn", output, "the", "-k", "3"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_compress_reports_as_json(tmp_path, text_file, capsys):
    output = str(tmp_path / "small.iiq")
    assert main(["compress", text_file, output, "--bits", "37", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["words"] == 500
    assert report["n_bits"] == 37
    assert report["code_bytes"] == 500 * 5


def test_compressing_a_file_and_its_vectors_gives_the_same_codes(tmp_path, text_file):
    output = str(tmp_path / "small.iiq")
    assert main(["compress", text_file, output, "--bits", "64", "--seed", "3"]) == 0
    from_memory = iiq.compress(iiq.read_vectors(text_file), n_bits=64, random_state=3)
    assert (iiq.load(output).codes == from_memory.codes).all()


@pytest.mark.parametrize("method", list(iiq.ENCODERS))
def test_compress_takes_every_method(tmp_path, text_file, method):
    output = str(tmp_path / "small.iiq")
    assert main(["compress", text_file, output, "--method", method]) == 0
    assert iiq.load(output).n_bits == 100


@pytest.mark.parametrize(("preset", "bits"), [("small", 200), ("balanced", 100)])
def test_compress_takes_a_preset_and_its_answers_take_a_scoring(
    tmp_path, text_file, preset, bits, capsys
):
    output = str(tmp_path / "small.iiq")
    assert main(["compress", text_file, output, "--preset", preset]) == 0
    kv = iiq.load(output)
    assert kv.n_bits == bits
    assert ("kept vectors 27.0 kB" in capsys.readouterr().out) == (preset == "balanced")
    scorings = [None, "decoded", "hamming"] + ["rescore"] * (preset == "balanced")
    for scoring in scorings:
        given = [] if scoring is None else ["--scoring", scoring]
        assert main(["nn", output, "the", "-k", "3", "--json", *given]) == 0
        found = json.loads(capsys.readouterr().out)["the"]
        expected = kv.most_similar("the", topn=3, scoring=scoring)
        assert [one["word"] for one in found] == [word for word, _ in expected]
        assert main(["analogy", output, "the", "of", "he", "--json", *given]) == 0
        answer = json.loads(capsys.readouterr().out)["answers"][0]["word"]
        assert answer == kv.most_similar(["of", "he"], ["the"], topn=1, scoring=scoring)[0][0]
    assert main(["nn", output, "the", "-k", "5", "--oversample", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["the"]
    expected = kv.most_similar("the", topn=5, oversample=1)
    assert [one["word"] for one in found] == [word for word, _ in expected]
    assert main(["compress", text_file, output, "--preset", "tiny", "--bits", "9"]) == 2


def test_a_missing_word_ends_with_one_and_the_others_are_answered(vocabulary_file, capsys):
    assert main(["nn", vocabulary_file, "London", "water"]) == 1
    printed = capsys.readouterr()
    assert "'london' is" in printed.err
    assert printed.out.startswith("water\n")


def test_words_come_from_standard_input(vocabulary_file, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO("water\nmusic\n"))
    assert main(["nn", vocabulary_file, "-", "--json", "-k", "2"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert list(answer) == ["water", "music"]
    assert len(answer["water"]) == 2


def test_the_prompt_answers_words_and_sums(vocabulary_file, monkeypatch, capsys):
    lines = iter(["water", "nosuchword", "king - man + woman", ""])
    monkeypatch.setattr("builtins.input", lambda _: next(lines))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    assert main(["nn", vocabulary_file]) == 0
    shown = capsys.readouterr()
    assert "'nosuchword' is not in the vocabulary" in shown.err
    assert "king - man + woman" in shown.out


def test_sums_are_split_at_signs():
    assert split_terms("king - man + woman") == (["king", "woman"], ["man"])
    assert split_terms("well-known") == (["well-known"], [])


def test_analogy(vocabulary_file, capsys):
    assert main(["analogy", vocabulary_file, "man", "he", "woman", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["answers"][0]["word"] == "she"
    assert main(["analogy", vocabulary_file, "man", "nosuchword", "woman"]) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nn", "no/such/file", "word"], "no/such/file"),
        (["compress", "no/such/file", "out"], "no/such/file"),
        (["compress", "{text}", "{out}", "--ratio", "0"], "ratio"),
        (["compress", "{text}", "{out}", "--bits", "0"], "--bits must be at least 1, got 0"),
        (["compress", "{text}", "{out}", "--method", "pca"], "iiq"),
        (["nn", "{vocabulary}", "water", "-k", "0"], "-k must be at least 1, got 0"),
        (["info", "{text}"], ""),
    ],
)
def test_bad_input_ends_with_two(arguments, message, tmp_path, text_file, vocabulary_file, capsys):
    places = {"text": text_file, "out": str(tmp_path / "out"), "vocabulary": vocabulary_file}
    assert main([argument.format(**places) for argument in arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("iiq: error: ")
    assert message in error
    assert not (tmp_path / "out").exists()


def test_bad_usage_ends_with_two(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["compress"])
    assert ended.value.code == 2
    assert "usage: iiq compress" in capsys.readouterr().err


def test_an_output_over_its_input_is_refused(text_file, capsys):
    before = Path(text_file).read_bytes()
    assert main(["compress", text_file, text_file]) == 2
    assert Path(text_file).read_bytes() == before


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(verb, capsys):
    with pytest.raises(SystemExit) as ended:
        main([verb, "--help"])
    assert ended.value.code == 0
    assert f"iiq {verb}" in capsys.readouterr().out.split("example:")[1]


def test_the_demo_prints_what_a_person_wants_to_see(capsys):
    assert main(["demo"]) == 0
    out = capsys.readouterr().out
    for phrase in ("20 000 words", "recall@10", "codes alone", "codes + 4 bits", "memory"):
        assert phrase in out
    royal = out.split("king - man + woman\n")[1].splitlines()
    assert [line.split()[-5] for line in royal[:2]] == ["queen,", "queen,"]  # float32, kept
    assert max(map(len, out.splitlines())) <= 80


def test_a_reader_that_goes_away_is_no_error(vocabulary_file):
    command = f"{sys.executable} -m iiq nn {vocabulary_file} water music king -k 900 | head -1"
    result = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert result.stdout == "water\n"
    assert result.stderr == ""


def test_importing_stays_light():
    code = "import sys, iiq; print([m for m in ('scipy', 'numba', 'sklearn') if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"


def test_bench_prints_a_line_a_kernel_set(vocabulary_file, capsys):
    assert main(["bench", vocabulary_file, "--queries", "4", "-k", "3", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [row["kernels"] for row in report["sets"]] == iiq.kernels()
    assert main(["bench", "--codes", "500", "--bits", "33", "--queries", "4"]) == 0
    assert "ns a pair" in capsys.readouterr().out
    assert main(["bench", "--codes", "0"]) == 2


def test_plot_draws_the_words_and_the_loss(vocabulary_file, tmp_path, capsys):
    for figure in (["words", "--word", "water", "-n", "20"], ["loss"]):
        output = str(tmp_path / figure[0])
        assert main(["plot", *figure[:1], vocabulary_file, *figure[1:], "-o", output]) == 0
        assert (tmp_path / f"{figure[0]}.svg").exists()
        assert (tmp_path / f"{figure[0]}.png").exists()
    assert main(["plot", "words", vocabulary_file, "-o", output]) == 2
    assert main(["plot", "words", vocabulary_file, "--word", "nosuchword", "-o", output]) == 1
    assert main(["plot", "frontier", vocabulary_file, "nosuch", "-o", output]) == 2
    capsys.readouterr()


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_completion_script_knows_every_verb(shell, capsys):
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for verb in VERBS:
        assert verb in script


def test_the_completion_script_completes_in_a_real_shell(tmp_path):
    script = tmp_path / "iiq.bash"
    command = [sys.executable, "-m", "iiq", "completion", "bash"]
    script.write_text(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    ask = (
        f"source {script}; COMP_WORDS=(iiq comp); COMP_CWORD=1; _shtab_iiq; echo ${{COMPREPLY[@]}}"
    )
    answer = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True)
    assert {"compress", "compare", "completion"} <= set(answer.stdout.split())


def test_control_characters_of_a_file_do_not_reach_the_terminal(tmp_path, capsys):
    words = ["\x1b]0;title\x07", "b\x9b31m", "c\x7f\u2028d", "e\nf", "été"]
    codes = iiq.pack([[1, 0, 1], [1, 0, 0], [0, 0, 1], [1, 1, 1], [0, 1, 0]])
    path = str(tmp_path / "x.iiq")
    iiq.BinaryKeyedVectors(words, iiq.HammingIndex(codes, 3)).save(path)
    for arguments in (
        ["nn", path, words[0]],
        ["nn", path, "no\x1bword"],
        ["info", path],
        ["info", path, "--json"],
        ["nn", path, words[0], "--json"],
        ["analogy", path, *words[:3]],
        ["analogy", path, words[0], "no\x1bword", words[1]],
        ["nn", str(tmp_path / "no\x1bfile"), "word"],
    ):
        main(arguments)
        shown = capsys.readouterr()
        found = set((shown.out + shown.err).replace("\n", ""))
        assert not found & set(map(chr, [*range(32), *range(127, 160), 0x2028, 0x2029])), arguments
        if "--json" in arguments:
            told = json.dumps(json.loads(shown.out), ensure_ascii=False)
            assert "été" in told
    main(["nn", path, words[0]])
    assert "\\x1b]0;title\\x07\n" in capsys.readouterr().out
    main(["nn", path, words[0], "--json"])
    assert words[1] in {row["word"] for row in json.loads(capsys.readouterr().out)[words[0]]}


@pytest.mark.parametrize(
    "error",
    [RecursionError("too deep"), RuntimeError("usearch: no room"), Exception("apsw's own"),
     ArithmeticError("odd"), AssertionError(), IndexError("out"), MemoryError("8 TiB")],
)  # fmt: skip
def test_no_error_ends_in_a_traceback(error, vocabulary_file, monkeypatch, capsys):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(iiq, "load", fail)
    assert main(["info", vocabulary_file]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"iiq: error: {type(error).__name__}")
    assert str(error) in told
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize("count", ["0", "-1", "1.5", "x", "²"])
@pytest.mark.parametrize("verb", ["compress", "nn", "analogy", "convert", "doctor", "demo"])
def test_threads_are_a_number_above_zero(verb, count, capsys):
    operands = {"compress": 2, "nn": 2, "analogy": 4, "convert": 2, "doctor": 1, "demo": 0}
    with pytest.raises(SystemExit) as ended:
        main([verb, *["x"] * operands[verb], "--threads", count])
    assert ended.value.code == 2
    assert "must be a whole number of at least 1" in capsys.readouterr().err


@pytest.mark.parametrize("verb", [["info"], ["nn", "king"]])
def test_a_saved_encoder_is_told_from_a_file_of_vectors(tmp_path, sample, capsys, verb):
    path = str(tmp_path / "encoder.npz")
    iiq.IIQ(16, n_iter=2, random_state=0).fit(sample.vectors[:300]).save(path)
    assert main([verb[0], path, *verb[1:]]) == 2
    told = capsys.readouterr().err
    assert "iiq.load_encoder" in told
    assert "iiq compress" not in told
