"""The report: nothing is lost on the way to JSON and back, and seeds are averaged as said."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from iiq.evaluate import Report, Row, similarity
from iiq.evaluate.row import COLUMNS
from iiq.evaluate.tables import pivot

ROW = Row("similarity", "MEN", "covered", "spearman", 0.5, "iiq", 64, bits_per_vector=64.0)


def test_json_round_trip(vectors, folder):
    report = similarity(vectors, data=folder)
    back = Report.from_json(report.to_json(draws=True))
    assert back.to_dicts() == report.to_dicts()
    np.testing.assert_allclose(back[0].draws, report[0].draws, atol=1e-6)
    assert Report.from_json(report.to_json())[0].draws is None
    row = json.loads(report.to_json())["rows"][0]
    assert set(row) == set(COLUMNS)
    assert row["versions"].keys() == {"iiq", "python", "numpy"}


def test_an_undefined_score_is_null_and_a_dash():
    report = Report([replace(ROW, score=math.nan, note="not enough pairs (1 of 3 covered)")])
    assert json.loads(report.to_json())["rows"][0]["score"] is None
    assert math.isnan(Report.from_json(report.to_json())[0].score)
    assert "| - |" in report.to_markdown()


def test_seeds_are_averaged():
    rows = [
        replace(
            ROW,
            score=s,
            seeds=(i,),
            parameters={"random_state": i, "n_iter": 50},
            draws=np.array([s - 0.1, s, s + 0.1]),
        )
        for i, s in enumerate((0.4, 0.5, 0.9))
    ]
    (one,) = Report([*rows]).summary()
    assert one.score == pytest.approx(0.6)
    assert one.sd == pytest.approx(np.std([0.4, 0.5, 0.9], ddof=1))
    assert (one.seeds, one.parameters) == ((0, 1, 2), {"n_iter": 50})
    assert (one.low, one.high) == pytest.approx((0.505, 0.695))
    assert len(Report([*rows, replace(ROW, method="itq")]).summary()) == 2


def test_tables():
    report = Report([ROW, replace(ROW, data="a|b", score=0.25)])
    assert report.to_markdown().splitlines()[3].startswith("| similarity | a\\|b | covered |")
    assert report.wide(policy="covered").splitlines() == [
        "| method | MEN | a\\|b |",
        "| --- | --- | --- |",
        "| iiq (64 bits) | 50.0 | 25.0 |",
    ]
    pytest.importorskip("pandas")
    frame = report.to_dataframe()
    assert list(frame.columns) == list(COLUMNS)
    assert frame["score"].tolist() == [0.5, 0.25]


def test_a_pivot_drops_no_seed_no_metric_and_no_task():
    rows = [
        replace(ROW, seeds=(seed,), score=seed / 10, data="MEN", view="decoded") for seed in (1, 2)
    ]
    rows += [replace(ROW, data="float", metric=f"recall@{k}", score=k / 1000) for k in (10, 100)]
    rows += [replace(ROW, task=task, data="mean", score=0.3) for task in ("similarity", "analogy")]
    head, *body = pivot(Report(rows), policy="covered", best="*{}")
    assert head == [
        "method", "MEN", "float recall@10", "float recall@100", "similarity mean", "analogy mean",
    ]  # fmt: skip
    cells = {line[0]: line[1:] for line in body}
    assert cells["iiq (64 bits), seed 1"][0] == "10.0"
    assert cells["iiq (64 bits), seed 2"][0] == "*20.0"
    assert cells["iiq (64 bits)"][1:] == ["1.0", "10.0", "30.0", "30.0"]
    twice = pivot(Report([ROW, replace(ROW, score=0.6)]), policy="covered")
    assert [line[0] for line in twice[1:]] == ["iiq (64 bits)", "iiq (64 bits) #2"]


def test_a_notebook_shows_a_table():
    shown = Report([replace(ROW, data="a<b", view="decoded")])._repr_html_()
    assert "<td>a&lt;b</td>" in shown
    many = [
        replace(ROW, method=m, data=str(i), view="decoded", score=s)
        for i in range(15)
        for m, s in (("iiq", 0.5), ("itq", 0.4))
    ]
    assert Report(many)._repr_html_().count("<td><b>50.0</b></td>") == 15


def test_finding_rows():
    report = Report([ROW, replace(ROW, method="itq")])
    assert report.where(method=["itq", "lsh"]).column("method") == ["itq"]
    assert len(report + report) == 4
    with pytest.raises(ValueError, match="no column 'methd'"):
        report.where(methd="itq")
    with pytest.raises(ValueError, match="2 rows fit"):
        report.score(data="MEN")
