"""Figures: what is drawn is what was measured; files appear; bad input is named."""

from dataclasses import replace

import numpy as np
import pytest

import iiq
from iiq import plot
from iiq.evaluate import Judged, Report, Row
from iiq.evaluate.judged import CodeRows
from iiq.study import palette
from iiq.vectors.word_vectors import WordVectors

Figure = pytest.importorskip("matplotlib.figure").Figure
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


def test_the_loss_is_that_of_a_bit_where_rows_are_known():
    X = np.random.default_rng(0).standard_normal((300, 8)).astype(np.float32)
    encoders = {n: iiq.IIQ(n, random_state=0, n_remove=0).fit(X) for n in (8, 16)}
    assert encoders[16].n_train_rows_ == 300
    axes = plot.loss_curve(encoders).axes[0]
    assert axes.get_ylabel() == "quantization loss a bit"
    for line, encoder in zip(axes.get_lines(), encoders.values(), strict=True):
        signs = np.where(encoder.project(X) >= 0, 1, -1)
        wanted = np.square(signs - encoder.project(X)).mean()
        assert line.get_ydata()[-1] == pytest.approx(wanted, rel=0.02)  # int8: nearly
    del encoders[8].n_train_rows_  # of an older file
    axes = plot.loss_curve(encoders).axes[0]
    assert axes.get_ylabel() == "quantization loss"
    np.testing.assert_array_equal(axes.get_lines()[0].get_ydata(), encoders[8].loss_curve_)


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
    colours = [container.lines[0].get_color() for container in figure.axes[0].containers]
    assert colours == [plot.METHOD_COLOURS["iiq"], "#000000"]
    with pytest.raises(ValueError, match="no row with a score"):
        plot.accuracies(Report([row(policy="paper", score=float("nan"))]))


def test_neighbours_are_the_nearest_and_the_furthest(codes):
    bits, judged = codes
    figure = plot.neighbours(judged, "w3", n=20)
    distance = (bits != bits[3]).sum(axis=1)
    order = [i for i in np.argsort(distance, kind="stable") if i != 3]
    left, right = (axes.images[0].get_array() for axes in figure.axes)
    for axes in figure.axes:
        np.testing.assert_array_equal(axes.images[1].get_array(), 2.0 * bits[[3]] - 1)
    np.testing.assert_array_equal(left, 2.0 * bits[order[:20]] - 1)
    np.testing.assert_array_equal(right, 2.0 * bits[order[-20:][::-1]] - 1)
    texts = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert texts[:2] == ["w3", f"w{order[0]}"]
    key = [text.get_text() for text in figure.legends[0].get_texts()]
    assert key == ["bit 1", "bit 0", "bit 1 of “w3”"]
    with pytest.raises(KeyError, match="Key 'x' not present"):
        plot.neighbours(judged, "x")
    with pytest.raises(TypeError, match="figure 3 shows bits"):
        plot.neighbours(WordVectors(["a"], [[1.0]]), "a")
    with pytest.raises(ValueError, match="n must be between 1 and 124"):
        plot.neighbours(judged, "w3", n=200)


def drawn_by_each(codes):
    report = Report([row(), row(policy="paper"), row(bits_per_vector=128.0, policy="paper")])
    return {
        "loss_curve": lambda **given: plot.loss_curve([2.0, 1.0], **given),
        "frontier": lambda **given: plot.frontier(report, **given),
        "accuracies": lambda **given: plot.accuracies(report, **given),
        "neighbours": lambda **given: plot.neighbours(codes[1], "w3", n=20, **given),
    }


@pytest.mark.parametrize("name", ["loss_curve", "frontier", "accuracies", "neighbours"])
def test_figures_show_themselves_or_are_drawn_on_given_axes(codes, name):
    draw = drawn_by_each(codes)[name]
    assert draw()._repr_png_().startswith(b"\x89PNG")
    figure = Figure()
    axes = figure.subplots(1, 2)
    given = list(axes) if name == "neighbours" else axes[0]
    assert draw(ax=given) is figure
    assert axes[0].has_data()
    assert axes[1].has_data() == (name == "neighbours")
    with pytest.raises(ValueError, match="axes, got 3"):
        draw(ax=[*axes, axes[0]])


def test_a_method_has_one_colour_in_every_picture():
    names = ["itq", "iiq-32", "mine", "iiq, all rows", "float16", "lshx", "mine too"]
    looks = palette.styles(names)
    colours = plot.METHOD_COLOURS
    assert looks["itq"].colour == colours["itq"]
    assert looks["iiq-32"].colour == looks["iiq, all rows"].colour == colours["iiq"]
    assert looks["iiq-32"].line != looks["iiq, all rows"].line
    assert looks["float16"].colour == colours["float16"]
    others = {looks[name].colour for name in ("mine", "lshx", "mine too")}
    assert len(others) == 3
    assert not others & set(colours.values())


def test_every_method_has_a_colour_of_its_own():
    methods = {*iiq.ENCODERS, *iiq.BASELINES, "float"}
    assert methods <= set(plot.METHOD_COLOURS)
    assert len(set(plot.METHOD_COLOURS.values())) == len(plot.METHOD_COLOURS)


def test_words_of_signs_and_long_words_are_labels_too(tmp_path):
    bits = np.random.default_rng(0).integers(0, 2, (30, 16))
    packed = np.packbits(bits, axis=1, bitorder="little")
    words = ["$\\frac$", "w" * 40, *(f"w{i}" for i in range(28))]
    for word in words[:2]:
        figure = plot.neighbours(Judged(words, CodeRows(packed, 16)), word, n=14)
        plot.save(figure, tmp_path / "x")
    assert figure.axes[0].get_yticklabels()[0].get_text() == "w" * 15 + "…"
