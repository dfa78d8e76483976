"""The figure of schedules: that what it says is in the table that it is given."""

import pandas as pd
import pytest
from figure_checks import faults

from tlcourse.plots import schedule_and_curves

ENDS = {("constant", 0): 0.8, ("cosine", 0): 0.9, ("cosine", 20): 0.85}
SHAPES = pd.DataFrame(
    [
        (kind, warmup, seed, steps, end * steps / 30 + 0.01 * (seed - 1))
        for (kind, warmup), end in ENDS.items()
        for seed in range(3)
        for steps in (10, 20, 30)
    ],
    columns=["kind", "warmup", "seed", "steps", "val_accuracy"],
)
FIGURES = {
    "a schedule": (
        lambda: schedule_and_curves([3e-3, 2e-3, 1e-3], SHAPES, "cosine", 20),
        "Learning rate of cosine, warm-up 20 %: from 0.003 to 0.001, highest 0.003. Validation "
        "accuracy after 30 steps: constant 80 %, cosine 90 %, cosine, warm-up 20 % 85 %.",
    ),
    "a schedule that was not trained": (
        lambda: schedule_and_curves([0.001, 0.003, 0.003], SHAPES, "constant", 30),
        "constant, warm-up 30 % (rates only: this shape was not trained): from 0.001 to 0.003",
    ),
}


@pytest.mark.parametrize(("draw", "text"), FIGURES.values(), ids=FIGURES)
def test_it_says_what_is_in_its_table_and_is_readable(draw, text):
    figure = draw()
    assert text in figure.alt
    assert not [*faults(figure)]


def test_each_rate_stands_over_the_steps_that_it_is_used_for():
    above, _ = schedule_and_curves([3e-3, 2e-3, 1e-3], SHAPES, "cosine", 20).figure.axes
    assert above.lines[0].get_xdata().tolist() == [0, 10, 20, 30]
