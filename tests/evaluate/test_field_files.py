"""The field's own files of pairs and questions, as they are."""

from pathlib import Path

import pytest

from iiq.evaluate import load_sets
from iiq.evaluate.datasets import task_of

PAIRS = {
    "wordsim353.tsv": "# The collection\n# Word 1\tWord 2\tHuman (mean)\n"
    "love\tsex\t6.77\ncat\tdog\t7\n",
    "combined.csv": "Word 1,Word 2,Human (mean)\nlove,sex,6.77\ncat,dog,7\n",
    "quoted.csv": '"love","sex",6.77\n"cat","dog",7\n',
    "MEN_dataset_lemma_form_full.txt": "love-n sex-n 6.77\ncat-n dog-n 7\n",
    "MEN_dataset_natural_form_full.txt": "love sex 6.77\r\ncat dog 7\r\n",
    "SimLex-999.txt": "word1\tword2\tPOS\tSimLex999\tconc(w1)\n"
    "love\tsex\tN\t6.77\t2.7\ncat\tdog\tN\t7\t1\n",
    "SimVerb-3500.txt": "love\tsex\tV\t6.77\tSYNONYMS\ncat\tdog\tV\t7\tNONE\n",
    "rw.txt": "love\tsex\t6.77\t8\t9\ncat\tdog\t7\t7\t7\n",
    "semicolons.csv": "one;two;score\nlove;sex;6.77\ncat;dog;7\n",
    "bom.csv": "\ufefflove,sex,6.77\ncat,dog,7\n\n",
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_pairs(name, tmp_path):
    path = tmp_path / name
    path.write_bytes(PAIRS[name].encode())
    (found,) = load_sets("similarity", None, [path])
    assert found.rows == (("love", "sex", "6.77"), ("cat", "dog", "7"))
    assert found.numbers("score") == [6.77, 7.0]
    assert found.name == name.rsplit(".", 1)[0]
    assert task_of(path) == "similarity"


def test_words_with_dashes_are_no_tags(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("t-v sun-n 3\nwell-known man 2\n")
    assert load_sets("similarity", None, path)[0].rows[0] == ("t-v", "sun-n", "3")


def test_questions(tmp_path):
    path = tmp_path / "questions-words.txt"
    path.write_text(": capitals\nAthens Greece Oslo Norway\n: family\nboy girl man woman\n")
    (found,) = load_sets("analogy", None, path)
    assert found.rows == (
        ("capitals", "Athens", "Greece", "Oslo", "Norway"),
        ("family", "boy", "girl", "man", "woman"),
    )
    assert task_of(path) == "analogy"


def test_gensim_s_own_files():
    data = Path(pytest.importorskip("gensim").__file__).parent / "test" / "test_data"
    wordsim, simlex = load_sets(
        "similarity", None, [data / "wordsim353.tsv", data / "simlex999.txt"]
    )
    assert (len(wordsim), len(simlex)) == (353, 999)
    assert wordsim.rows[0] == ("love", "sex", "6.77")
    (questions,) = load_sets("analogy", None, data / "questions-words.txt")
    assert len(questions) == 19544
    assert questions.rows[0][1:] == ("Athens", "Greece", "Baghdad", "Iraq")


@pytest.mark.parametrize(
    "text", ["a b\n", ": only a category\n", ": x\na b c\n", "some more prose here, yes\n"]
)
def test_what_is_neither(tmp_path, text):
    path = tmp_path / "x.txt"
    path.write_text(text)
    for task in ("similarity", "analogy"):
        with pytest.raises(ValueError, match="line 1: the header"):
            load_sets(task, None, path)
