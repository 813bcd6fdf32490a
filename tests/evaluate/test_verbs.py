"""``iiq eval`` and ``iiq compare`` as a person runs them."""

import json

import numpy as np
import pytest

import iiq
from iiq.cli import main


@pytest.fixture(scope="module")
def files(tmp_path_factory, vectors):
    root = tmp_path_factory.mktemp("verbs")
    text = root / "vectors.txt"
    with open(text, "w", encoding="utf-8") as stream:
        for word, vector in zip(vectors.words, np.asarray(vectors.vectors), strict=True):
            stream.write(word + " " + " ".join(f"{x:.6f}" for x in vector) + "\n")
    codes = root / "vectors.iiq"
    iiq.compress(vectors, n_bits=16, random_state=0).save(codes)
    return str(text), str(codes)


def test_eval_of_floats_and_of_codes(files, folder, capsys):
    scores = []
    for file in files:
        assert main(["eval", file, "--data", str(folder), "--json"]) == 0
        rows = json.loads(capsys.readouterr().out)
        assert {row["policy"] for row in rows} == {"covered", "paper"}
        scores.append(rows[0]["score"])
        assert rows[0]["n_bits"] == (512 if file == files[0] else 16)
    assert scores[0] != scores[1]
    one = iiq.evaluate.similarity(iiq.load(files[1]), data=folder)
    assert one[0].score == pytest.approx(scores[1])


def test_eval_prints_a_table(files, folder, capsys, monkeypatch):
    monkeypatch.setenv("IIQ_DATA", str(folder))
    tasks = ["similarity", "categorization", "analogy", "classification", "isotropy"]
    assert main(["eval", files[1], "--long", "--policy", "covered", "--tasks", *tasks]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:7] == ["task", "data", "policy", "metric", "method", "view", "bits"]
    assert {line.split()[0] for line in lines[1:]} == set(tasks)


def test_eval_prints_one_policy_of_one_system(files, folder, capsys):
    for policy, said in (([], "left out"), (["--policy", "paper"], "the mean")):
        assert main(["eval", files[1], "--data", str(folder), *policy]) == 0
        first, head, *lines = capsys.readouterr().out.splitlines()
        assert said in first
        assert head.split() == ["data", "metric", "score", "95", "%", "items"]
        assert [line.split()[0] for line in lines] == ["MEN", "RG65", "mean"]
    assert main(["eval", files[1], "--data", str(folder), "--policy", "both"]) == 0
    assert capsys.readouterr().out.count("data  ") == 2


def test_a_file_of_sets_tells_its_task(files, tmp_path, capsys):
    pairs, questions = tmp_path / "pairs.csv", tmp_path / "questions.txt"
    pairs.write_text("one,two,how near\nw1,w6,9\nw1,w2,1\nw3,w8,8\n")
    questions.write_text(": some\nw1 w2 w3 w4\nw5 w6 w7 w8\n")
    args = ["eval", "--sets", str(pairs), str(questions), files[0], "--json"]
    assert main(["eval", files[0], "--sets", str(pairs), "--json"]) == 0
    assert {row["task"] for row in json.loads(capsys.readouterr().out)} == {"similarity"}
    assert main(["eval", "--sets", str(questions), files[0], "--json"]) == 0
    assert {row["task"] for row in json.loads(capsys.readouterr().out)} == {"analogy"}
    assert main(args) == 2  # two tasks at once: each file is of one
    capsys.readouterr()


def test_eval_of_ones_own_set(files, tmp_path, capsys):
    pairs = tmp_path / "mine.tsv"
    pairs.write_text("word1\tword2\tscore\nw1\tw6\t9\nw1\tw2\t1\nw3\tw8\t8\n")
    report = tmp_path / "report.json"
    args = ["eval", files[0], "--sets", str(pairs), "--markdown", "--report", str(report)]
    assert main(args) == 0
    assert "| similarity | mine | covered |" in capsys.readouterr().out
    assert json.loads(report.read_text())["rows"][0]["n"] == 3


def test_ctrl_c_ends_a_classification(files, folder, capsys, monkeypatch):
    network = pytest.importorskip("sklearn.neural_network").MLPClassifier

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(network, "_update_no_improvement_count", interrupted)
    args = ["eval", files[1], "--tasks", "classification", "--data", str(folder)]
    assert main(args) == 130
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "interrupted" in shown.err


def test_compare(files, folder, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    figure = tmp_path / "front.svg"
    args = ["compare", files[0], "--methods", "iiq", "sign", "--bits", "16", "8", "--seeds", "2"]
    assert main([*args, "--data", str(folder), "--plot", str(figure)]) == 0
    text = capsys.readouterr().out
    head = text.splitlines()[1].split()
    assert head == ["method", "MEN", "RG65", "mean"]
    assert "float, cleaned" in text
    marked = [line for line in text.splitlines()[2:] if line[:3] in ("iiq", "sig") and "*" in line]
    assert marked
    assert sum(line.count("*") for line in marked) == 3
    assert " ± " in text
    assert figure.is_file()
    assert figure.with_suffix(".png").is_file()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["eval", "FILE"], "no word of basics"),
        (["eval", "FILE", "--sets", "XYZ", "--data", "DATA"], "unknown similarity set 'XYZ'"),
        (["eval", "nowhere.iiq", "--data", "DATA"], "nowhere.iiq"),
        (["compare", "FILE", "--methods", "iqi", "--data", "DATA"], "unknown method 'iqi'"),
        (["compare", "FILE", "--seeds", "0", "--data", "DATA"], "--seeds must be at least 1"),
    ],
)
def test_bad_input_is_exit_code_2(files, folder, capsys, monkeypatch, args, message):
    monkeypatch.delenv("IIQ_DATA", raising=False)
    names = {"FILE": files[0], "DATA": str(folder)}
    assert main([names.get(arg, arg) for arg in args]) == 2
    assert message in capsys.readouterr().err
