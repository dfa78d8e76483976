"""Schedule explorer: what it asks of the rule, its ends, and what it says of unknown shapes."""

import pandas as pd
import pytest
from figure_checks import faults, move_to_ends

from tlcourse.widgets.schedules import schedule_explorer

LOOKS = 4


def rate_at(done: float, kind: str, warmup: int) -> float:
    """Fall in a straight line, from 0.003 for "cosine" and from 0.001 for any other kind."""
    return (0.003 if kind == "cosine" else 0.001) * (1 - done) + 1e-5 * warmup


@pytest.fixture
def explorer():
    ends = {("constant", 0): 0.8, ("cosine", 0): 0.9}
    rows = [
        (kind, warmup, seed, steps, end + 0.01 * seed)
        for (kind, warmup), end in ends.items()
        for seed in range(3)
        for steps in (10, 20, 30, 40)
    ]
    names = ["kind", "warmup", "seed", "steps", "val_accuracy"]
    return schedule_explorer(rate_at, pd.DataFrame(rows, columns=names), looks=LOOKS)


def rates(explorer) -> list[float]:
    above, _ = explorer.figure.figure.axes
    return list(above.get_lines()[0].get_ydata())


def test_it_asks_the_given_rule_for_the_middle_of_each_period(explorer):
    assert rates(explorer)[:LOOKS] == pytest.approx([0.000875, 0.000625, 0.000375, 0.000125])
    explorer.controls["kind"].value = "cosine"
    explorer.controls["warmup"].value = 20
    assert rates(explorer)[0] == pytest.approx(0.003 * 7 / 8 + 2e-4)


def test_it_works_at_its_ends_and_says_what_was_not_trained(explorer):
    pictures = move_to_ends(explorer)
    trained = ["not trained" not in picture.alt for picture in pictures]
    assert trained == [True, False, True, False]
    assert all("constant 81 %, cosine 91 %" in picture.alt for picture in pictures)
    assert not [fault for picture in pictures for fault in faults(picture)]


def test_it_can_be_worked_by_keyboard_and_is_named(explorer):
    described = [control.description for control in explorer.controls.values()]
    assert described == ["schedule", "warm-up (%)"]
    assert not explorer.controls["warmup"].continuous_update
