"""Figures of notebook 04: that what they say is in the table that they are given."""

import numpy as np
import pandas as pd
import pytest
from figure_checks import faults

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
STEPS = (10, 20, 30)


def by_steps(columns: dict[tuple, tuple], names: list[str]) -> pd.DataFrame:
    """Return a row for each key of ``columns``, seed and number of steps."""
    rows = [
        (*key, seed, step, *(values[k] + offset for values in measured))
        for key, measured in columns.items()
        for seed, offset in enumerate(SEEDS)
        for k, step in enumerate(STEPS)
    ]
    return pd.DataFrame(rows, columns=names)


CURVES = by_steps(
    {  # "baseline" overfits after 20 steps, "some" does not
        ("baseline",): ((2.0, 0.5, 0.0), (1.5, 0.8, 1.2)),
        ("some",): ((2.0, 1.0, 0.4), (1.6, 1.0, 0.7)),
    },
    ["technique", "seed", "steps", "cross_entropy", "val_cross_entropy"],
)
SHAPES = by_steps(
    {
        ("constant", 0): ((0.2, 0.5, 0.8),),
        ("cosine", 0): ((0.3, 0.6, 0.9),),
        ("cosine", 20): ((0.3, 0.6, 0.85),),
    },
    ["kind", "warmup", "seed", "steps", "val_accuracy"],
)
# Seeds differ by 10 points; over each of them "good" is better by about 5, "bad" worse.
RESULTS = pd.DataFrame(
    [
        (name, k, training, 0.6 + 0.1 * k + gain[k])
        for k in range(3)
        for name, training, gain in [
            ("good", 0.90, (0.04, 0.05, 0.06)),
            ("baseline", 1.00, (0.00, 0.00, 0.00)),
            ("bad", 0.80, (-0.03, -0.01, -0.02)),
        ]
    ],
    columns=["technique", "seed", "training", "held_out"],
)
SEARCHES = pd.DataFrame(
    [("grid", alpha, ratio, 0.5 + alpha) for alpha in (0.01, 0.1) for ratio in (0.0, 1.0)]
    + [("random", a, r, a + r) for a, r in ((0.02, 0.3), (0.05, 0.1), (0.15, 0.7), (0.2, 0.5))],
    columns=["search", "alpha", "ratio", "accuracy"],
)
CHOICES = pd.DataFrame(
    [
        (tried, images, 0.6 + 0.1 * np.log10(tried) * 50 / images + offset, 0.62 + offset, 0.6)
        for tried in (1, 10, 100)
        for images in (50, 200)
        for offset in SEEDS
    ],
    columns=["tried", "images", "reported", "second", "truth"],
)
WEIGHTS = {"baseline": np.linspace(-1, 1, 100).reshape(10, 10), "L1": np.zeros((5, 4))}
WIDTH = f"{4.303 / np.sqrt(3):.1f}"  # Student's t for three seeds, a standard deviation of 1

FIGURES = {
    "losses": (
        lambda: training_and_validation(CURVES),
        "baseline: training loss 2.00 to 0.00, validation loss 1.50 to 1.20, lowest 0.80 after 20 "
        "steps; some: training loss 2.00 to 0.40, validation loss 1.60 to 0.70, lowest 0.70 after",
    ),
    "early stopping": (
        lambda: early_stopping(CURVES.query("technique == 'baseline'")),
        "seed 0 lowest 0.79 after 20 steps, 1.19 at the end, seed 1 lowest 0.80 after 20 steps, "
        "1.20 at the end",
    ),
    "weights": (
        lambda: weight_histograms(WEIGHTS, near=0.101),
        "baseline: 10% nearer to zero than 0.101; L1: 100% nearer",
    ),
    "accuracies": (
        lambda: regularisers(RESULTS, against="baseline"),
        "over 3 seeds, training and held-out images: good 90 and 75 %, baseline 100 and 70 %, bad "
        "80 and 68 %.",
    ),
    # The interval of the differences, and not that of accuracies, which differ by 10 points.
    "paired gains": (
        lambda: regularisers(RESULTS, against="baseline"),
        f"in points: good +5.0 ± {WIDTH}, bad -2.0 ± {WIDTH}.",
    ),
    "two seeds have no interval": (
        lambda: regularisers(RESULTS.query("seed < 2"), against="baseline"),
        "in points: good +4.5, bad -2.0.",
    ),
    "a schedule": (
        lambda: schedule_and_curves([3e-3, 2e-3, 1e-3], SHAPES, "cosine", 20),
        "Learning rate of cosine, warm-up 20 %: from 0.003 to 0.001, highest 0.003. Validation "
        "accuracy after 30 steps: constant 80 %, cosine 90 %, cosine, warm-up 20 % 85 %.",
    ),
    "a schedule that was not trained": (
        lambda: schedule_and_curves([0.001, 0.003, 0.003], SHAPES, "constant", 30),
        "constant, warm-up 30 % (rates only: this shape was not trained): from 0.001 to 0.003",
    ),
    "searches": (
        lambda: search_results(SEARCHES, "alpha", "ratio"),
        "grid: 4 settings, 2 values of alpha, best 60 % at alpha 0.1 and ratio 0; random: 4 "
        "settings, 4 values of alpha, best 85 % at alpha 0.15 and ratio 0.7.",
    ),
    "optimism": (
        lambda: optimism(CHOICES),
        "50 images to choose by: on the set it was chosen on 60 to 80 %, on a second set 62 to 62 "
        "%, in truth 60 to 60 %. Reported minus true: with 50 images 0 to 20 points, with 200 "
        "images 0 to 5 points.",
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_says_what_is_in_its_table_and_is_readable(name):
    draw, text = FIGURES[name]
    figure = draw()
    assert text in figure.alt
    assert not [*faults(figure)]


def test_rows_may_count_anew_for_each_seed():
    pieces = [piece.reset_index(drop=True) for _, piece in CURVES.groupby("seed")]
    assert training_and_validation(pd.concat(pieces)).alt == training_and_validation(CURVES).alt


def test_both_searches_share_one_scale_of_colour_and_write_their_numbers():
    left, right = search_results(SEARCHES, "alpha", "ratio").figure.axes
    assert left.collections[0].get_clim() == right.collections[0].get_clim()
    assert sorted(text.get_text() for text in left.texts) == ["51", "51", "60", "60"]
