"""The analogies that come with the package."""

import iiq
from iiq.evaluate import load_sets
from iiq.evaluate.bundled import bundled_questions


def test_every_two_pairs_of_a_section_are_a_question(monkeypatch):
    monkeypatch.delenv("IIQ_DATA", raising=False)
    (one,) = load_sets("analogy")
    (same,) = load_sets("analogy", "anywhere", "basics")
    assert one.rows == same.rows == bundled_questions()[1]
    assert one.name == "basics"
    assert ("capital of a country", "Paris", "France", "Rome", "Italy") in one.rows
    assert ("capital of a country", "Rome", "Italy", "Paris", "France") in one.rows
    assert len(set(one.rows)) == len(one) == 4092
    assert all(len(row) == 5 and all(row) for row in one.rows)
    assert not any(row[1] == row[3] or row[2] == row[4] for row in one.rows)


def test_a_folder_or_a_set_that_is_named_comes_first(monkeypatch, tmp_path):
    (tmp_path / "analogy").mkdir()
    (tmp_path / "analogy" / "Google.tsv").write_text(
        "category\tword1\tword2\tword3\ttarget\nx\ta\tb\tc\td\n"
    )
    monkeypatch.setenv("IIQ_DATA", str(tmp_path))
    assert [one.name for one in load_sets("analogy")] == ["Google"]


def test_float_vectors_answer_four_of_five(monkeypatch):
    monkeypatch.delenv("IIQ_DATA", raising=False)
    report = iiq.evaluate.analogy(iiq.samples.bundled(), n_resamples=0)
    covered = report.where(policy="covered")[0]
    assert covered.n > 3800
    assert 0.75 < covered.score < 0.85
