"""Exercises and quiz of notebook 10: share of the gap, distance of means, least error."""

import numpy as np

from tlcourse.checks.exercise import CheckFailed, Exercise, register
from tlcourse.checks.quiz import Choice, Question, register_quiz


def _number(answer: object, *given: object) -> float:
    """Return what a learner's function gives, or say why that is no number."""
    value = answer(*given)
    if value is None:
        raise CheckFailed("The function returns None.")
    if np.ndim(value) != 0:
        raise CheckFailed(f"Expected one number, got an array of shape {np.shape(value)}.")
    return float(value)


def _share(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of adapted, source_only and target_only.")
    source, target = 0.6, 0.9
    for adapted in (0.7, 0.5, 0.95):
        value = _number(answer, adapted, source, target)
        right = (adapted - source) / (target - source)
        asked = f"{adapted:.0%} adapted, {source:.0%} source-only, {target:.0%} target-only"
        mistakes = (
            (adapted - source, "That is the gain; divide it by the width of the gap."),
            ((target - adapted) / (target - source), "That is the share which stays open."),
            (adapted / target, "That is the share of target-only; take source-only away first."),
            ((adapted - source) / source, "Divide by the width of the gap, not by source-only."),
            ((adapted - source) / target, "Divide by the width of the gap, not by target-only."),
            (100 * right, "That is in per cent; return a share, like 0.5."),
            (min(max(right, 0), 1), "Harm is a share below 0, and a share may be above 1."),
        )
        for mistake, advice in mistakes:
            if not np.isclose(mistake, right) and np.isclose(value, mistake):
                raise CheckFailed(f"{advice} (With {asked}.)")
        if not np.isclose(value, right):
            raise CheckFailed(f"With {asked} it should be {right:.3f}; yours gives {value:.3f}.")
    for source, target in ((0.8, 0.8), (0.8, 0.7)):
        try:
            value = _number(answer, 0.75, source, target)
        except ZeroDivisionError:
            raise CheckFailed("Where both ends of the gap are the same, it divides by 0.") from None
        if not np.isnan(value):
            raise CheckFailed(
                f"With {source:.0%} source-only and {target:.0%} target-only there is no gap; "
                f"return nan, not {value:g}."
            )
    published = 100 * answer(0.7666, 0.5225, 0.9596)
    return f"DANN on MNIST → MNIST-M, as published, closes {published:.0f} % of the gap."


def _means(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of source and target.")
    source = np.array([[0.0, 0.0, 1.0], [2.0, 0.0, 3.0]])  # means 1, 0, 2
    target = np.array([[4.0, 1.0, 0.0], [4.0, 3.0, 0.0], [4.0, 2.0, 0.0]])  # means 4, 2, 0
    value = _number(answer, source, target)
    between = source.mean(axis=0) - target.mean(axis=0)
    pairs = ((source[:, None] - target[None]) ** 2).sum(axis=-1)
    mistakes = (
        (np.linalg.norm(between), "That is the distance; return its square."),
        (np.abs(between).sum(), "You add up the differences as they are; square them first."),
        (np.abs(between).mean(), "You average the differences; add up their squares."),
        ((between**2).mean(), "You average the squares over the features; add them up."),
        (between.sum() ** 2, "You square the sum; square each difference first."),
        (between.sum(), "Differences of both signs cancel; square them before adding up."),
        (pairs.mean(), "You average over pairs of images; average each domain first."),
        (
            (source.mean() - target.mean()) ** 2,
            "You average over images and features at once; each feature has a mean of its own.",
        ),
    )
    right = (between**2).sum()
    for mistake, advice in mistakes:
        if np.isclose(value, mistake):
            raise CheckFailed(advice)
    if not np.isclose(value, right):
        raise CheckFailed(f"It should be {right:g} on the check's features; yours gives {value:g}.")
    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(500, 2))
    wide = answer(cloud - cloud.mean(axis=0), 3 * (cloud - cloud.mean(axis=0)))
    return (
        f"Between a cloud and the same cloud three times as wide it is {abs(wide):.2f}: means "
        "alone notice nothing of it, which is why MMD uses kernels."
    )


def _least_error(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of source_share and target_share.")
    even, low = np.full(10, 0.1), np.repeat([0.2, 0.0], 5)
    cases = (
        (np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])),
        (even, low),
        (np.array([0.7, 0.2, 0.1]), np.array([0.1, 0.2, 0.7])),
    )
    for source, target in cases:
        value = _number(answer, source, target)
        difference = target - source
        right = np.abs(difference).sum() / 2
        mistakes = (
            (2 * right, "Each surplus is counted twice: once where it is, once where it lacks."),
            (difference.sum(), "Surplus and lack cancel; count the surplus alone."),
            (np.abs(difference).max(), "That is one class; add up those with a surplus."),
            ((difference**2).sum(), "Squares are no shares of images."),
            (1 - right, "That is the largest accuracy; return the smallest error."),
            (np.abs(difference).mean(), "Add up over the classes instead of averaging."),
        )
        for mistake, advice in mistakes:
            if not np.isclose(mistake, right) and np.isclose(value, mistake):
                raise CheckFailed(advice)
        if not np.isclose(value, right):
            raise CheckFailed(
                f"For the shares {source.tolist()} and {target.tolist()} it should be "
                f"{right:.2f}; yours gives {value:.2f}."
            )
    if not np.isclose(_number(answer, even, even), 0):
        raise CheckFailed("With the same shares in both domains nothing has to go wrong.")
    return f"With the digits 0 to 4 alone, {answer(even, low):.0%} must be predicted wrong."


register(
    Exercise(
        name="10.1",
        stub=(
            "def share_of_gap(adapted, source_only, target_only):\n    return None  # replace None"
        ),
        hint='The gap is target_only - source_only. float("nan") is a number that is none.',
        solution=(
            "def share_of_gap(adapted, source_only, target_only):\n"
            "    gap = target_only - source_only\n"
            "    if gap <= 0:\n"
            '        return float("nan")\n'
            "    return (adapted - source_only) / gap"
        ),
        check=_share,
    )
)
register(
    Exercise(
        name="10.2",
        stub="def distance_of_means(source, target):\n    return None  # replace None",
        hint=(
            "source.mean(axis=0) is the mean of each feature over the images of the source; "
            "square the differences of the two means, then .sum()."
        ),
        solution=(
            "def distance_of_means(source, target):\n"
            "    between = source.mean(axis=0) - target.mean(axis=0)\n"
            "    return (between**2).sum()"
        ),
        check=_means,
    )
)
register(
    Exercise(
        name="10.3",
        stub="def least_error(source_share, target_share):\n    return None  # replace None",
        hint=(
            "np.maximum(target_share - source_share, 0) is the surplus of each class in the "
            "target; those images have to be predicted as another class."
        ),
        solution=(
            "def least_error(source_share, target_share):\n"
            "    return np.maximum(target_share - source_share, 0).sum()"
        ),
        check=_least_error,
    )
)

register_quiz(
    "10",
    [
        Question(
            "What does unsupervised domain adaptation know of the target?",
            [
                Choice(
                    "Nothing at all.",
                    "Then it could not adapt to this target. Learning for a domain that one has "
                    "never seen is called domain generalisation.",
                ),
                Choice(
                    "Images without labels.",
                    "Yes: what the images look like, but not what they show.",
                    right=True,
                ),
                Choice(
                    "Images, and a label for a few of them.",
                    "That is semi-supervised adaptation, like the joint training of section 10.",
                ),
            ],
        ),
        Question(
            "In DANN, which weights are moved by the reversed gradient?",
            [
                Choice(
                    "Those of the domain discriminator.",
                    "It gets its gradient as it is, and learns to distinguish the domains. If it "
                    "did not try, misleading it would be worth nothing.",
                ),
                Choice(
                    "Those below the domain discriminator, which make the features.",
                    "Yes. On its way back the gradient changes its sign just below it.",
                    right=True,
                ),
                Choice(
                    "Those of the head that names the classes.",
                    "The head lies on another branch, where that gradient never comes.",
                ),
            ],
        ),
        Question(
            "After training, the domain accuracy is 50 %, that of chance. What follows?",
            [
                Choice(
                    "The accuracy on the target is high.",
                    "It may be low: threes of the target may lie where eights of the source lie. "
                    "Clouds can be matched class by class or crosswise.",
                ),
                Choice(
                    "The gap is closed.",
                    "The gap is one of accuracy, and features that are alike do not measure it.",
                ),
                Choice(
                    "Nothing certain about the accuracy on the target.",
                    "Yes. Where the classes are not equally frequent in both domains, features "
                    "that are alike even force errors.",
                    right=True,
                ),
            ],
        ),
        Question(
            "You have no labels of the target. How do you choose the weight of the distance?",
            [
                Choice(
                    "Take the weight that is best on the target's test set.",
                    "That uses the labels which you do not have, and the reported accuracy would "
                    "be too good.",
                ),
                Choice(
                    "Take the weight that is best on a validation set of the source.",
                    "On the source, no distance at all is usually best; that says nothing of the "
                    "target.",
                ),
                Choice(
                    "Fix it beforehand, or pay for some labels of the target, and say which.",
                    "Yes. Labels used for choosing are labels used.",
                    right=True,
                ),
            ],
        ),
    ],
)
