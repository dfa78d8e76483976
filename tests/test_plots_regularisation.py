"""Figures of notebook 04: that what they draw and say is in the table that they are given."""

import numpy as np
import pandas as pd
import pytest
from figure_checks import faults
from matplotlib.collections import PathCollection

from tlcourse.plots.regularisation import (
    early_stopping,
    optimism,
    regularisers,
    schedule_and_curves,
    search_results,
    training_and_validation,
    weight_histograms,
)

SEEDS = (-0.01, 0.0, 0.01)  # how far each of three seeds lies from the mean
LOOKS = (10, 20, 30)


def curves() -> pd.DataFrame:
    """Two remedies: "none" overfits after 20 updates, "some" does not."""
    losses = {
        "none": ((2.0, 0.5, 0.0), (1.5, 0.8, 1.2)),
        "some": ((2.0, 1.0, 0.4), (1.6, 1.0, 0.7)),
    }
    return pd.DataFrame(
        [
            {
                "remedy": name,
                "seed": seed,
                "steps": look,
                "cross_entropy": training[k] + off,
                "val_cross_entropy": validation[k] + off,
            }
            for name, (training, validation) in losses.items()
            for seed, off in enumerate(SEEDS)
            for k, look in enumerate(LOOKS)
        ]
    )


def half_width(numbers) -> float:
    """Return the half width of a 95 % interval; 4.303 is Student's t for three seeds."""
    return 4.303 * np.std(numbers, ddof=1) / np.sqrt(3)


# ------------------------------------------------------------------------ training, validation


def test_training_and_validation_draws_the_means_of_each_remedy_in_a_panel():
    picture = training_and_validation(curves())
    left, right = picture.figure.axes
    assert [left.get_title(), right.get_title()] == ["none", "some"]
    training, validation = left.get_lines()
    np.testing.assert_allclose(training.get_xydata(), [(10, 2), (20, 0.5), (30, 0)], atol=1e-9)
    np.testing.assert_allclose(validation.get_ydata(orig=False), [1.5, 0.8, 1.2])
    assert training.get_linestyle() != validation.get_linestyle(), "not by colour alone"
    assert [text.get_text() for text in right.get_legend().get_texts()] == [
        "training",
        "validation",
    ]
    assert "none: training loss 2.00 to 0.00, validation loss 1.50 to 1.20, lowest 0.80" in (
        picture.alt
    )
    assert "lowest 0.80 after 20 updates; some: " in picture.alt
    assert not [*faults(picture)]


def test_training_and_validation_shades_the_intervals():
    (axes, _) = training_and_validation(curves()).figure.axes
    shade = axes.collections[1].get_paths()[0].vertices[:, 1]
    assert shade.min() == pytest.approx(0.8 - half_width(SEEDS), rel=1e-3)
    assert shade.max() == pytest.approx(1.5 + half_width(SEEDS), rel=1e-3)


def test_training_and_validation_of_one_remedy_whose_rows_count_anew_for_each_seed():
    table = curves().query("remedy == 'some'")
    pieces = [piece.reset_index(drop=True) for _, piece in table.groupby("seed")]
    picture = training_and_validation(pd.concat(pieces))
    (axes,) = picture.figure.axes
    np.testing.assert_allclose(axes.get_lines()[1].get_ydata(orig=False), [1.6, 1.0, 0.7])


def test_early_stopping_marks_the_lowest_point_of_each_run():
    picture = early_stopping(curves().query("remedy == 'none'"))
    (axes,) = picture.figure.axes
    marks = [line for line in axes.get_lines() if len(line.get_xdata()) == 1]
    found = [
        (line.get_xdata()[0], round(float(line.get_ydata(orig=False)[0]), 2)) for line in marks
    ]
    assert found == [(20, 0.79), (20, 0.8), (20, 0.81)]
    assert len({line.get_marker() for line in marks}) == 3
    assert "seed 1 lowest 0.80 after 20 updates, 1.20 at the end" in picture.alt
    assert not [*faults(picture)]


# ------------------------------------------------------------------------------------- weights


def test_weight_histograms_say_what_share_is_near_zero():
    weights = {"none": np.linspace(-1, 1, 100).reshape(10, 10), "L1": np.zeros((5, 4))}
    picture = weight_histograms(weights, near=0.101)
    above, below = picture.figure.axes
    assert above.get_title(loc="left") == "none: 10% nearer to zero than 0.101"
    assert "L1: 100% nearer to zero than 0.101" in picture.alt
    heights = [sum(bar.get_height() for bar in axes.patches) for axes in (above, below)]
    assert heights == [100, 20]
    assert above.get_yscale() == "log"
    assert not [*faults(picture)]


# ------------------------------------------------------------------------------------ remedies


def results(seeds: int = 3) -> pd.DataFrame:
    """Seeds differ by 10 points; over each of them "good" is better by about 5, "bad" worse."""
    rows = [
        ("good", 0.90, (0.04, 0.05, 0.06)),
        ("none", 1.00, (0.00, 0.00, 0.00)),
        ("bad", 0.80, (-0.03, -0.01, -0.02)),
    ]
    return pd.DataFrame(
        [
            {"remedy": name, "seed": k, "training": training, "fresh": 0.6 + 0.1 * k + gains[k]}
            for k in range(seeds)
            for name, training, gains in rows
        ]
    )


def test_remedies_keeps_the_order_and_says_both_accuracies():
    picture = regularisers(results(), against="none")
    left = picture.figure.axes[0]
    assert [text.get_text() for text in left.get_yticklabels()] == ["good", "none", "bad"]
    assert "good 90 and 75 %, none 100 and 70 %, bad 80 and 68 %" in picture.alt
    gaps = [line.get_xdata() for line in left.get_lines() if line.get_linestyle() == ":"]
    np.testing.assert_allclose(gaps, [(90, 75), (100, 70), (80, 68)])
    assert not [*faults(picture)]


def test_gains_are_paired_by_seed():
    picture = regularisers(results(), against="none")
    _, right = picture.figure.axes
    width = half_width([4, 5, 6])  # and not that of the accuracies, which differ by 10 points
    assert f"good +5.0 ± {width:.1f}, bad -2.0 ± {width:.1f}" in picture.alt
    bars = {
        round(float(bars[0].get_xdata()[0]), 6): bars[2][0].get_segments()[0][:, 0]
        for bars in right.containers
    }
    np.testing.assert_allclose(bars[5.0], [5 - width, 5 + width], rtol=1e-3)
    assert len(bars) == 2, "the one that they are counted from gains nothing, by definition"
    dots = [part for part in right.collections if isinstance(part, PathCollection)]
    np.testing.assert_allclose(dots[0].get_offsets()[:, 0], [4, 5, 6])
    np.testing.assert_allclose(dots[1].get_offsets()[:, 0], [-3, -1, -2])


def test_two_seeds_have_no_interval():
    picture = regularisers(results(seeds=2), against="none")
    assert "over 2 seeds" in picture.alt
    assert "±" not in picture.alt
    assert not [*faults(picture)]


# ----------------------------------------------------------------------------------- schedules


def by_shape() -> pd.DataFrame:
    ends = {("constant", 0): 0.8, ("cosine", 0): 0.9, ("cosine", 20): 0.85}
    return pd.DataFrame(
        [
            {"kind": kind, "warmup": w, "seed": k, "steps": u, "val_accuracy": end * u / 30 + off}
            for (kind, w), end in ends.items()
            for k, off in enumerate(SEEDS)
            for u in LOOKS
        ]
    )


def test_a_trained_schedule_is_shown_above_its_curve():
    picture = schedule_and_curves([3e-3, 2e-3, 1e-3], by_shape(), "cosine", 20)
    above, below = picture.figure.axes
    (rates,) = above.get_lines()
    np.testing.assert_allclose(rates.get_xdata(), [0, 10, 20, 30])
    np.testing.assert_allclose(rates.get_ydata(orig=False), [3e-3, 2e-3, 1e-3, 1e-3])
    assert above.get_title() == "cosine, warm-up 20 %"
    widest = max(below.get_lines(), key=lambda line: line.get_linewidth())
    assert widest.get_ydata(orig=False)[-1] == pytest.approx(85)
    assert widest.get_label() == "cosine, warm-up 20 %"
    assert len(below.get_lines()) == 3
    assert "constant 80 %, cosine 90 %, cosine, warm-up 20 % 85 %" in picture.alt
    assert not [*faults(picture)]


def test_a_schedule_that_was_not_trained_says_so():
    picture = schedule_and_curves([0.001, 0.003, 0.003], by_shape(), "constant", 30)
    assert "constant, warm-up 30 % (rates only: this shape was not trained)" in picture.alt
    assert "from 0.001 to 0.003, highest 0.003" in picture.alt
    assert len({line.get_linewidth() for line in picture.figure.axes[1].get_lines()}) == 1


# ------------------------------------------------------------------------------------- searches


def searches() -> pd.DataFrame:
    grid = [("grid", a, r, 0.5 + a) for a in (0.01, 0.1) for r in (0.0, 1.0)]
    random = [("random", a, r, 0.7) for a, r in ((0.02, 0.3), (0.05, 0.9), (0.2, 0.5))]
    random.append(("random", 0.15, 0.7, 0.75))
    return pd.DataFrame([*grid, *random], columns=["search", "alpha", "ratio", "accuracy"])


def test_search_results_count_values_and_ring_the_best():
    picture = search_results(searches(), "alpha", "ratio")
    left, right = picture.figure.axes
    assert [left.get_title(), right.get_title()] == [
        "grid: 2 values of alpha",
        "random: 4 values of alpha",
    ]
    ring = next(line for line in right.get_lines() if line.get_marker() == "o")
    assert (ring.get_xdata()[0], ring.get_ydata(orig=False)[0]) == (0.15, 0.7)
    assert "random: 4 settings, 4 values of alpha, best 75 % at alpha 0.15 and ratio 0.7" in (
        picture.alt
    )
    written = sorted(text.get_text() for text in left.texts)
    assert written == ["51", "51", "60", "60"], "numbers, so that nobody has to tell colours apart"
    assert left.get_xscale() == "log"
    assert not [*faults(picture)]


def test_both_searches_share_one_scale_of_colour():
    left, right = search_results(searches(), "alpha", "ratio").figure.axes
    assert left.collections[0].get_clim() == right.collections[0].get_clim()


# ------------------------------------------------------------------------------------- optimism


def choices() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "tried": tried,
                "images": images,
                "reported": 0.6 + 0.1 * np.log10(tried) * 50 / images + off,
                "second": 0.6 + off,
                "truth": 0.6,
            }
            for tried in (1, 10, 100)
            for images in (50, 200)
            for off in SEEDS
        ]
    )


def test_optimism_is_reported_minus_truth():
    picture = optimism(choices())
    left, right = picture.figure.axes
    reported, second, truth = [
        bars[0].get_ydata(orig=False).astype(float) for bars in left.containers
    ]
    np.testing.assert_allclose(reported, [60, 70, 80])
    np.testing.assert_allclose(second, truth)
    few, many = [bars[0].get_ydata(orig=False) for bars in right.containers]
    np.testing.assert_allclose(few, [0, 10, 20], atol=1e-9)
    np.testing.assert_allclose(many, [0, 2.5, 5], atol=1e-9)
    assert left.get_title() == "50 images in the test part"
    assert "on the part it was chosen on 60 to 80 %" in picture.alt
    assert "with 50 images 0 to 20 points, with 200 images 0 to 5 points" in picture.alt
    assert not [*faults(picture)]
