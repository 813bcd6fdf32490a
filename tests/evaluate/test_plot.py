"""Figures: what is drawn is what was measured; files appear; bad input is named."""

from dataclasses import replace

import numpy as np
import pytest

from iiq import plot
from iiq.evaluate import Judged, Report, Row
from iiq.evaluate.judged import CodeRows
from iiq.vectors.word_vectors import WordVectors

pytest.importorskip("matplotlib")
ROW = Row("similarity", "mean", "covered", "spearman", 0.5, "iiq", 64, bits_per_vector=64.0)


def row(**changes):
    return replace(ROW, **changes)


@pytest.fixture
def codes():
    bits = np.random.default_rng(0).integers(0, 2, (250, 40))
    packed = np.packbits(bits, axis=1, bitorder="little")
    return bits, Judged([f"w{i}" for i in range(250)], CodeRows(packed, 40))


def test_files_are_svg_and_png_and_do_not_change(tmp_path):
    first, again = (
        plot.save(plot.loss_curve([3.0, 2.0, 1.5]), tmp_path / folder / "loss.svg")
        for folder in ("a", "b")
    )
    assert [path.name for path in first] == ["loss.svg", "loss.png"]
    assert first[0].read_bytes() == again[0].read_bytes()
    assert first[1].stat().st_size > 1000


def test_a_name_that_says_its_kind_is_written_as_it_is(tmp_path):
    figure = plot.loss_curve([3.0, 2.0])
    assert plot.save(figure, tmp_path / "loss.pdf") == [tmp_path / "loss.pdf"]
    assert (tmp_path / "loss.pdf").read_bytes().startswith(b"%PDF")
    names = [path.name for path in plot.save(figure, tmp_path / "glove.6B")]
    assert names == ["glove.6B.svg", "glove.6B.png"]


def test_loss_curve_takes_encoders_and_arrays():
    class Fitted:
        loss_curve_ = np.array([5.0, 4.0])

    figure = plot.loss_curve({"one": Fitted(), "two": [3.0, 2.0, 1.0]}, n_values=2)
    lines = figure.axes[0].get_lines()
    np.testing.assert_array_equal(lines[0].get_ydata(), [2.5, 2.0])
    np.testing.assert_array_equal(lines[1].get_xdata(), [1, 2, 3])
    with pytest.raises(ValueError, match="got shape"):
        plot.loss_curve([[1.0], [2.0]])
    with pytest.raises(ValueError, match="no curve"):
        plot.loss_curve({})


def test_frontier_draws_a_line_a_method():
    rows = [row(bits_per_vector=b, n_bits=int(b), score=s) for b, s in ((128.0, 0.6), (64.0, 0.5))]
    rows += [row(method="itq", score=0.4), row(method="float", bits_per_vector=3200.0, score=0.55)]
    figure = plot.frontier(Report(rows))
    axes = figure.axes[0]
    lines = {line.get_label(): line for line in axes.get_lines()}
    assert "float (3200 bits)" in lines
    data = [container.lines[0].get_xydata().tolist() for container in axes.containers]
    assert data == [[[64.0, 50.0], [128.0, 60.0]], [[64.0, 40.0]]]
    with pytest.raises(ValueError, match="0 rows of 0 metrics"):
        plot.frontier(Report(rows), data="MEN")
    with pytest.raises(ValueError, match="2 rows of 2 metrics"):
        plot.frontier(Report([row(), row(task="analogy", metric="accuracy")]))


def test_accuracies():
    figure = plot.accuracies(
        Report([row(policy="paper", sd=0.01), row(policy="paper", method="x")])
    )
    assert len(figure.axes[0].get_yticks()) == 2
    with pytest.raises(ValueError, match="no row with a score"):
        plot.accuracies(Report([row(policy="paper", score=float("nan"))]))


def test_neighbours_are_the_nearest_and_the_furthest(codes):
    bits, judged = codes
    figure = plot.neighbours(judged, "w3", n=20)
    distance = (bits != bits[3]).sum(axis=1)
    order = [i for i in np.argsort(distance, kind="stable") if i != 3]
    left, right = (axes.images[0].get_array() for axes in figure.axes)
    np.testing.assert_array_equal(left, 2.0 * bits[order[:20]] - 1)
    np.testing.assert_array_equal(right, 2.0 * bits[order[-20:][::-1]] - 1)
    assert figure.axes[0].get_yticklabels()[0].get_text() == f"w{order[0]}"
    with pytest.raises(KeyError, match="Key 'x' not present"):
        plot.neighbours(judged, "x")
    with pytest.raises(TypeError, match="figure 3 shows bits"):
        plot.neighbours(WordVectors(["a"], [[1.0]]), "a")
    with pytest.raises(ValueError, match="n must be between 1 and 124"):
        plot.neighbours(judged, "w3", n=200)
