"""gensim's two evaluations, asked of us and of a real gensim KeyedVectors."""

import numpy as np
import pytest

import iiq
from iiq.vocabulary.keyed_vectors import BinaryKeyedVectors

pytest.importorskip("gensim.models")
# gensim calls parts of itself that it deprecates.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def pairs(sample, tmp_path_factory):
    """Return a file of pairs with the float cosine and noise as judgement."""
    words, vectors = sample
    generator = np.random.default_rng(5)
    lines = ["# word1\tword2\tscore", "not a pair", "zzz\tking\t3.5", "king\tqueen\tmany"]
    for a, b in generator.integers(len(words), size=(4000, 2)):
        cosine = vectors[a] @ vectors[b] / np.linalg.norm(vectors[a]) / np.linalg.norm(vectors[b])
        word = words[a] if a % 2 else words[a].upper()
        lines.append(f"{word}\t{words[b]}\t{cosine + generator.normal() / 20:.4f}")
    path = tmp_path_factory.mktemp("pairs") / "pairs.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "options",
    [{}, {"dummy4unknown": True}, {"restrict_vocab": 2000}, {"case_insensitive": False}],
    ids=str,
)
def test_word_pairs(ours, theirs, pairs, options):
    try:
        expected = theirs.evaluate_word_pairs(pairs, **options)
    except ValueError as error:
        with pytest.raises(ValueError, match=str(error)[:30]):
            ours.evaluate_word_pairs(pairs, **options)
        return
    found = ours.evaluate_word_pairs(pairs, **options)
    assert found[0].statistic == pytest.approx(expected[0].statistic, abs=TOLERANCE)
    assert found[1].statistic == pytest.approx(expected[1].statistic, abs=0.003)
    assert found[2] == expected[2]


QUESTIONS = """: capitals
Paris France London England
paris france berlin germany
paris france zzz germany
paris france
: family
man woman king queen
man woman father mother
brother sister son daughter
boy girl king queen
: verbs
go going run running
walk walking play playing
big bigger small smaller
long longer short shorter
good better bad worse
car cars road roads
dog dogs bird birds
"""


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"dummy4unknown": True},
        {"case_insensitive": False},
        {"restrict_vocab": 500},
        {"similarity_function": "most_similar_cosmul"},
    ],
    ids=str,
)
def test_word_analogies(ours, theirs, tmp_path, options, monkeypatch):
    if "similarity_function" in options:  # gensim 4.4 documents it and asks most_similar anyway

        def cosmul(positive, negative, topn, restrict_vocab):
            return theirs.most_similar_cosmul(positive, negative, topn, restrict_vocab)

        monkeypatch.setattr(theirs, "most_similar", cosmul)
    path = tmp_path / "questions.txt"
    path.write_text(QUESTIONS, encoding="utf-8")
    score, sections = ours.evaluate_word_analogies(path, **options)
    other_score, other_sections = theirs.evaluate_word_analogies(path, **options)
    tied = differing = 0
    for section, other in zip(sections, other_sections, strict=True):
        assert section.keys() == other.keys()
        assert section["section"] == other["section"]
        asked = section["correct"] + section["incorrect"]
        assert sorted(asked) == sorted(other["correct"] + other["incorrect"])
        if section["section"] != "Total accuracy":
            differing += len(set(section["correct"]) ^ set(other["correct"]))
            tied += sum(has_tied_top(ours, question) for question in asked)
    assert differing <= tied
    assert abs(score - other_score) <= tied / max(1, len(asked)) + 1e-12


def has_tied_top(kv, question):
    a, b, c, _ = (word.lower() for word in question)
    if not all(word in kv for word in (a, b, c)):
        return False
    top = kv.most_similar([b, c], [a], topn=5)
    return len({score for _, score in top}) < len(top)


@pytest.mark.parametrize("seed", range(4))
def test_forms_of_a_word_in_upper_and_lower_case(tmp_path, seed):
    """Of equal forms the first row counts; answers that are no other word are passed over."""
    generator = np.random.default_rng(seed)
    plain = [f"word{i}" for i in range(30)]
    words = [form for word in plain for form in (word, word.title(), word.upper())]
    signs = np.repeat(np.sign(generator.standard_normal((30, 600))), 3, axis=0)
    signs *= np.where(generator.random(signs.shape) < 0.05, -1, 1)  # forms are near one another
    order = generator.permutation(len(words))
    kv = BinaryKeyedVectors(
        [words[i] for i in order], iiq.HammingIndex(iiq.pack(signs[order] > 0), 600)
    )
    other = kv.to_gensim()
    lines = [
        f"{a}\t{b.title()}\t{i}" for i, (a, b) in enumerate(zip(plain, plain[3:], strict=False))
    ]
    (tmp_path / "pairs").write_text("\n".join(lines), encoding="utf-8")
    found, expected = (k.evaluate_word_pairs(tmp_path / "pairs")[0] for k in (kv, other))
    assert found.statistic == pytest.approx(expected.statistic, abs=TOLERANCE)
    questions = [" ".join(generator.choice(plain, 4, replace=False)) for _ in range(40)]
    text = ": some\n" + "\n".join(questions) + "\nword1 word2 word1 word2\n"
    (tmp_path / "questions").write_text(text, encoding="utf-8")
    found, expected = (k.evaluate_word_analogies(tmp_path / "questions") for k in (kv, other))
    assert found == expected


def test_a_question_before_a_section(ours, theirs, tmp_path):
    path = tmp_path / "questions.txt"
    path.write_text("man woman king queen\n", encoding="utf-8")
    for kv in (ours, theirs):
        with pytest.raises(ValueError, match="Missing section header before line #0"):
            kv.evaluate_word_analogies(path)
