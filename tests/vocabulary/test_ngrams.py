"""Words that are not in the vocabulary, from fastText's n-grams kept as codes."""

import numpy as np
import pytest

import iiq
from iiq.vectors.subwords import Subwords, ngram_buckets
from iiq.vocabulary.ngram_codes import NgramCodes

STEMS = ["run", "walk", "green", "yellow", "river", "mountain", "quick", "slow"]
ENDS = ["", "s", "ing", "ed", "er", "est", "ness", "ly"]
WORDS = [stem + end for stem in STEMS for end in ENDS]


@pytest.fixture(scope="module")
def source():
    generator = np.random.default_rng(0)
    subwords = Subwords(generator.standard_normal((5000, 24)).astype(np.float32), 3, 5)
    own = generator.standard_normal((len(WORDS), 24)).astype(np.float32)
    return iiq.WordVectors(WORDS, subwords.composed(WORDS, own), subwords=subwords)


@pytest.fixture(scope="module")
def kv(source):
    return iiq.compress(source, n_bits=96, method="lsh", random_state=0)


def test_an_unknown_word_has_nearly_the_code_of_its_vector(source, kv):
    unknown = [stem + end for stem in STEMS for end in ("ings", "ish", "like")]
    agreement = [
        np.mean(
            iiq.unpack(kv.get_code(word)[None], 96)[0] == (kv.project(source.vector_of(word)) >= 0)
        )
        for word in unknown
    ]
    assert np.mean(agreement) > 0.75  # by chance 0.5
    nearest = [kv.most_similar(word, topn=1)[0][0] for word in unknown]
    assert np.mean([a[:4] == b[:4] for a, b in zip(nearest, unknown, strict=True)]) > 0.8


def test_an_unknown_word_is_the_mean_of_its_n_grams_as_decoded(source, kv):
    rows, _ = ngram_buckets(["walkings"], 3, 5, 5000)
    codes = iiq.LSH(96, random_state=0).fit(source.vectors).transform(source.subwords.vectors[rows])
    np.testing.assert_array_equal(codes, kv.ngrams.codes[rows])
    decoded = (2.0 * iiq.unpack(codes, 96) - 1) @ kv.encoder.decoder_
    centred = source.subwords.vectors[rows] - kv.encoder.mean_
    sizes = (centred * decoded).sum(axis=1) / (decoded**2).sum(axis=1)  # of least squares
    want = (decoded * sizes[:, None]).mean(axis=0)
    np.testing.assert_allclose(kv["walkings"], want, rtol=0.01, atol=0.01 * np.abs(want).max())
    true = source.vector_of("walkings") - kv.encoder.mean_
    assert true @ kv["walkings"] > 0.7 * np.linalg.norm(true) * np.linalg.norm(kv["walkings"])


def test_verbs_take_unknown_words(kv):
    assert "walkings" not in kv
    assert kv.similarity("walkings", "walking") > kv.similarity("walkings", "green")
    np.testing.assert_array_equal(kv[["walkings", "run"]], [kv["walkings"], kv["run"]])
    both = kv.most_similar_batch(["walkings", "run"], 4)
    assert both == [kv.most_similar("walkings", topn=4), kv.most_similar("run", topn=4)]
    assert kv.most_similar(["walkings", "run"], ["slow"], topn=2)
    assert kv.most_similar_cosmul(["walkings", "run"], topn=2)
    part = kv.vectors_for_all(["walkings", "run", ""], copy_vecattrs=True)
    assert part.index_to_key == ["walkings", "run"]
    np.testing.assert_array_equal(part.get_code("walkings"), kv.get_code("walkings"))
    assert kv.vectors_for_all(["walkings", "run"], allow_inference=False).index_to_key == ["run"]
    for missing in ("", "\ud800"):  # too short for an n-gram, no text
        with pytest.raises(KeyError, match="not present"):
            kv.most_similar(missing)


def test_saved_and_loaded(kv, tmp_path):
    kv.save(tmp_path / "x")
    opened = iiq.load(tmp_path / "x")
    assert opened.verify() == []
    np.testing.assert_array_equal(opened["walkings"], kv["walkings"])
    assert opened.most_similar("walkings") == kv.most_similar("walkings")


def test_without_n_grams_unknown_words_stay_unknown(source):
    plain = iiq.compress((WORDS, source.vectors), n_bits=8, method="lsh", random_state=0)
    with pytest.raises(KeyError, match="Key 'walkings' not present in vocabulary"):
        plain.most_similar("walkings")


@pytest.mark.parametrize(
    ("codes", "sizes", "lengths"),
    [
        (np.zeros((4, 2), np.uint8), np.zeros(3, np.float16), (3, 6)),
        (np.zeros((4, 2), np.uint8), np.zeros(4, np.float32), (3, 6)),
        (np.zeros(4, np.uint8), np.zeros(4, np.float16), (3, 6)),
        (np.zeros((4, 2), np.uint8), np.zeros(4, np.float16), (6, 3)),
        (np.zeros((4, 2), np.uint8), np.zeros(4, np.float16), (0, 3)),
        (np.zeros((4, 2), np.uint8), np.zeros(4, np.float16), (3, 10**9)),
        (np.zeros((0, 2), np.uint8), np.zeros(0, np.float16), (3, 6)),
    ],
)
def test_parts_that_do_not_fit(codes, sizes, lengths):
    with pytest.raises(ValueError, match="n-gram"):
        NgramCodes(codes, sizes, *lengths)


def test_n_grams_need_the_encoder_that_decodes_them(kv):
    with pytest.raises(ValueError, match="without an encoder"):
        iiq.BinaryKeyedVectors(list(kv.index_to_key), kv.index, ngrams=kv.ngrams)
