"""Exercises and quiz of notebook 11: a paired interval by hand, labels saved, a verdict."""

import numpy as np
import pandas as pd
from scipy import stats

from tlcourse.checks.exercise import CheckFailed, Exercise, register
from tlcourse.checks.quiz import Choice, Question, register_quiz


def _paired(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of two arrays of accuracies, first and second.")
    first = np.array([0.95, 0.90, 0.97, 0.92])
    second = np.array([0.93, 0.89, 0.94, 0.90])
    value = answer(first, second)
    if value is None:
        raise CheckFailed("The function returns None.")
    if np.shape(value) != (3,):
        raise CheckFailed(f"Expected three numbers, mean, low and high; got {value!r}.")
    mean, low, high = map(float, value)
    points = 100 * (first - second)
    n, right = len(points), float(points.mean())
    if np.isclose(mean, right / 100):
        raise CheckFailed("These are shares; a point is a hundredth, so multiply by 100.")
    if np.isclose(mean, -right):
        raise CheckFailed("The sign is turned round: first minus second.")
    if not np.isclose(mean, right):
        raise CheckFailed(f"The mean difference is not {mean:.3f} points.")
    half = (high - low) / 2
    t, spread = stats.t.ppf(0.975, n - 1), points.std(ddof=1)
    unpaired = 100 * np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / n)
    mistakes = {
        t * spread: "divide the standard deviation by the square root of the number of seeds.",
        t * points.std() / np.sqrt(n): "take the standard deviation with ddof=1.",
        1.96 * spread / np.sqrt(n): "with so few seeds take Student's t instead of 1.96.",
        stats.t.ppf(0.95, n - 1) * spread / np.sqrt(n): (
            "95 % between the ends leave 2.5 % at each side, so ask for 0.975."
        ),
        stats.t.ppf(0.975, n) * spread / np.sqrt(n): "n seeds leave n - 1 degrees of freedom.",
        spread / np.sqrt(n): "multiply the standard error by Student's t.",
        t * unpaired: "take the differences seed by seed first, and their spread.",
        stats.t.ppf(0.975, 2 * n - 2) * unpaired: (
            "take the differences seed by seed first, and their spread."
        ),
    }
    for wrong, advice in mistakes.items():
        if np.isclose(half, wrong, rtol=1e-3):
            raise CheckFailed(f"The mean is right; the interval is not: {advice}")
    if not np.allclose([low, high], right + np.array([-1, 1]) * t * spread / np.sqrt(n), rtol=1e-3):
        raise CheckFailed(f"The mean is right; the interval from {low:.3f} to {high:.3f} is not.")
    return (
        f"{right:.1f} points, from {low:.1f} to {high:.1f}. Without pairing, the same numbers "
        f"would give ±{stats.t.ppf(0.975, 2 * n - 2) * unpaired:.1f} instead of ±{half:.1f}."
    )


def _saved(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of method, other and labels.")
    budgets = [10, 50, 100, 1000]
    method = pd.Series([90.0, 94.0, 96.0, 98.0], budgets)
    other = pd.Series([50.0, 80.0, 90.0, 97.0], budgets)
    value = answer(method, other, 100)
    if value is None:
        raise CheckFailed("For curves on which labels are saved the function returns None.")
    if np.ndim(value) != 0:
        raise CheckFailed(f"Expected one number, got {value!r}.")
    if value == 10:
        raise CheckFailed("10 is how many labels the method needs; how many does it save?")
    if value == 50:
        raise CheckFailed("With 10 labels the method is as good already: at least, not more than.")
    if value == 6:
        raise CheckFailed("That is how many points it is better; the question is about labels.")
    if value != 90:
        raise CheckFailed(
            f"The other one reaches 90 % with 100 labels, the method with 10; that saves 90 "
            f"labels, not {value:g}."
        )
    if answer(method, other, 1000) != 0:
        raise CheckFailed("Where the method needs as many labels as the other one, it saves 0.")
    if answer(other, method, 1000) is not None:
        raise CheckFailed("Where no budget of the method is enough, the answer should be None.")
    return "90 of 100 labels: the distance between two curves, read across instead of upwards."


def _verdict(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of low and high.")
    words = {"supported", "contradicted", "undecided"}
    cases = {
        (0.5, 3.0): "supported",
        (-4.0, -0.1): "contradicted",
        (-1.0, 9.0): "undecided",
        (-9.0, 1.0): "undecided",
        (np.nan, np.nan): "undecided",
    }
    for (low, high), right in cases.items():
        value = answer(low, high)
        if value is None:
            raise CheckFailed("The function returns None.")
        if value not in words:
            raise CheckFailed(f"It returns {value!r}; expected one of {', '.join(sorted(words))}.")
        if np.isnan(low) and value != right:
            raise CheckFailed(
                "Two seeds give no interval (nan), and without one nothing is decided."
            )
        if right == "undecided" and value != right:
            raise CheckFailed(
                f"From {low:+g} to {high:+g} the interval holds 0: either of the two may be the "
                f"better one, and you say {value}."
            )
        if value != right:
            raise CheckFailed(f"For an interval from {low:+g} to {high:+g} you say {value}.")
    return "That a claim is not supported does not mean that it is wrong."


register(
    Exercise(
        name="11.1",
        stub="def paired_interval(first, second):\n    return None  # replace None",
        hint=(
            "With points = 100 * (first - second) and n = len(points), the standard error is "
            "points.std(ddof=1) / np.sqrt(n); the ends are stats.t.ppf(0.975, n - 1) of them away."
        ),
        solution="""\
from scipy import stats


def paired_interval(first, second):
    points = 100 * (first - second)
    n = len(points)
    half = stats.t.ppf(0.975, n - 1) * points.std(ddof=1) / np.sqrt(n)
    return points.mean(), points.mean() - half, points.mean() + half""",
        check=_paired,
    )
)
register(
    Exercise(
        name="11.2",
        stub="def labels_saved(method, other, labels):\n    return None  # replace None",
        hint=(
            "enough = method[method >= other[labels]] holds the budgets that are enough; the "
            "smallest is enough.index.min(), if there is one: len(enough) may be 0."
        ),
        solution="""\
def labels_saved(method, other, labels):
    enough = method[method >= other[labels]]
    if len(enough) == 0:
        return None
    return labels - enough.index.min()""",
        check=_saved,
    )
)
register(
    Exercise(
        name="11.3",
        stub="def verdict(low, high):\n    return None  # replace None",
        hint="Is low above 0? Is high below 0? Comparing anything with nan gives False.",
        solution='''\
def verdict(low, high):
    if low > 0:
        return "supported"
    if high < 0:
        return "contradicted"
    return "undecided"''',
        check=_verdict,
    )
)
register_quiz(
    "11",
    [
        Question(
            "The 95 % intervals of two methods overlap. Both had the same labels for each seed. "
            "Can one of them be shown to be better?",
            [
                Choice(
                    "No: overlapping intervals mean that there is no difference.",
                    "They hold what all methods share: that some labelled splits are easy and "
                    "some hard. The difference seed by seed is free of it.",
                ),
                Choice(
                    "Yes: the interval of their paired difference may lie above zero.",
                    "Section 6 shows such intervals; the paired one is much narrower.",
                    right=True,
                ),
                Choice(
                    "Yes: the one with the higher mean is better.",
                    "Without an interval a higher mean may be luck.",
                ),
            ],
        ),
        Question(
            "The interval of a paired difference goes from -2 to +3 points. What do you report?",
            [
                Choice(
                    "The two methods are equal.",
                    "Then the interval would have to lie within a range that you call equal. This "
                    "one allows for 3 points.",
                ),
                Choice(
                    "The first one is better, by half a point.",
                    "That is the middle of the interval, which holds zero.",
                ),
                Choice(
                    "Undecided: these seeds cannot tell.",
                    "It may be better, worse or equal. More seeds would make the interval "
                    "narrower.",
                    right=True,
                ),
            ],
        ),
        Question(
            "Fine-tuned letters and training from scratch get the same labels and the same number "
            "of steps. What is still unequal?",
            [
                Choice(
                    "Nothing: labels and steps are all that counts.",
                    "Before that, the base had been trained on letters, and this took time.",
                ),
                Choice(
                    "The processor time, for the letters had to be learned as well.",
                    "So section 4 also gives scratch the time of both. With ten labels letters "
                    "stay far ahead, with a thousand they do not.",
                    right=True,
                ),
                Choice(
                    "The number of parameters that are put to use.",
                    "It is the same network. Section 5 counts it.",
                ),
            ],
        ),
        Question(
            "Suppose that a hundred pairs of methods do not differ at all. You compute a 95 % "
            "interval for each. How many will look decided?",
            [
                Choice(
                    "None, if the intervals are right.",
                    "Right intervals of 95 % miss the truth five times in a hundred.",
                ),
                Choice(
                    "About five.",
                    "So a large table holds some verdicts that come from chance. Do not pick the "
                    "most surprising one and believe it.",
                    right=True,
                ),
                Choice(
                    "About ninety-five.",
                    "About ninety-five intervals hold the truth, which is zero; these are "
                    "undecided.",
                ),
            ],
        ),
    ],
)
