"""gensim's two evaluations on files as editors leave them: marks, blanks, other encodings."""

import numpy as np
import pytest

import iiq

WORDS = ["king", "queen", "man", "woman", "city", "world", "naïve"]


@pytest.fixture(scope="module")
def kv():
    vectors = np.random.default_rng(0).standard_normal((len(WORDS), 16))
    return iiq.compress((WORDS, vectors), n_remove=0, random_state=0)


PAIRS = "king\tqueen\t8.5\nman\twoman\t7\ncity\tworld\t3\n"
QUESTIONS = ": family\nman woman king queen\nking queen man woman\n"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", " \n"),
        lambda text: text.replace("\t", " \t").replace("\n", "\t\n", 0),
        lambda text: text + "\n \n",
        lambda text: "\n" + text,
    ],
)
def test_marks_and_blanks(kv, tmp_path, change):
    path = tmp_path / "file.txt"
    results = []
    for pairs, questions in ((PAIRS, QUESTIONS), (change(PAIRS), change(QUESTIONS))):
        path.write_bytes(pairs.encode())
        pearson, spearman, unknown = kv.evaluate_word_pairs(path)
        assert unknown == 0
        path.write_bytes(questions.encode())
        _, sections = kv.evaluate_word_analogies(path)
        assert sum(len(sections[0][name]) for name in ("correct", "incorrect")) == 2
        results.append((pearson.statistic, spearman.statistic, sections))
    assert results[0] == results[1]


def test_other_encodings_are_said_or_read(kv, tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_bytes((PAIRS + "naïve\tking\t1\n").encode("cp1252"))
    with pytest.raises(ValueError, match=r"pairs\.tsv is not utf8 .*save it as UTF-8"):
        kv.evaluate_word_pairs(path)
    assert kv.evaluate_word_pairs(path, encoding="cp1252")[2] == 0
