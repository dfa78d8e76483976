"""Exercises of notebook 03: cross-entropy, when early stopping stops, precision and recall."""

from collections.abc import Callable

import numpy as np

from tlcourse.checks.exercise import CheckFailed, Exercise, register
from tlcourse.checks.quiz import Choice, Question, register_quiz


def _cross_entropy(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of probabilities and labels.")
    # The second prediction is wrong: class 0 gets more than the true class.
    probabilities = np.array([[0.5, 0.25, 0.25], [0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
    labels = np.array([0, 1, 2])
    value = answer(probabilities, labels)
    if value is None:
        raise CheckFailed("The function returns None.")
    p_true = probabilities[np.arange(3), labels]
    losses = -np.log(p_true)
    if np.shape(value) == (3,) and np.allclose(value, losses):
        raise CheckFailed("These are the losses of the three images; take their mean.")
    if np.ndim(value) != 0:
        raise CheckFailed(f"Expected one number, got an array of shape {np.shape(value)}.")
    mistakes = [
        (-losses.mean(), "The sign is wrong: a loss is never negative."),
        (losses.sum(), "That is the sum; divide by the number of images."),
        (losses.mean() / np.log(10), "That is the logarithm to base 10; use np.log."),
        (losses.mean() / np.log(2), "That is the logarithm to base 2; use np.log."),
        (
            -np.log(probabilities.max(axis=1)).mean(),
            "You take the largest probability; take that of the true class.",
        ),
        (
            -np.log(probabilities).mean(),
            "You average over all classes; only the true class of each image counts.",
        ),
        (
            -np.log(p_true.mean()),
            "You take the logarithm of the mean; take the mean of the logarithms.",
        ),
        ((1 - p_true).mean(), "That is the mean of 1 − p; the loss is −ln p."),
    ]
    _check_mistakes(value, mistakes)
    if not np.isclose(value, losses.mean()):
        raise CheckFailed(
            f"For our example it should return {losses.mean():.4f}; yours gives {value:.4f}."
        )
    equal = answer(np.full((4, 10), 0.1), np.array([3, 1, 4, 1]))
    if not np.isclose(equal, np.log(10)):
        raise CheckFailed("With four images of ten classes it goes wrong: use len(labels), not 3.")
    return f"Ten classes with 0.1 each cost {float(equal):.3f}, where every network starts."


def _stops_after(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of losses and patience.")
    cases = [
        ([1.0, 0.8, 0.9, 0.85, 0.7, 0.6], 2),
        ([1.0, 0.8, 0.9, 0.85, 0.7, 0.6], 3),
        ([0.5, 0.6, 0.7], 1),
        ([1.0, 0.9, 0.9, 0.9, 0.9], 2),
        ([1.0, 0.9, 0.8, 0.7], 2),
        ([1.0, 0.5, 0.9, 0.8, 0.7, 0.6], 3),
        ([1.0, 1.1, 0.9, 1.0, 0.8, 0.7], 2),
    ]
    right = [_stop(losses, patience) for losses, patience in cases]
    given = [answer(list(losses), patience) for losses, patience in cases]
    if None in given:
        silent = [k for k, value in enumerate(given) if value is None]
        if all(right[k] == len(cases[k][0]) for k in silent):
            raise CheckFailed("Where training never stops early, return the number of all losses.")
        raise CheckFailed("The function returns None.")
    if any(np.ndim(value) != 0 for value in given):
        raise CheckFailed("Expected one number of epochs.")
    best = [int(np.argmin(losses)) + 1 for losses, _ in cases]
    mistakes = [
        ([epochs - 1 for epochs in right], "One too few: the first epoch is number 1, not 0."),
        (best, "That is the best epoch; training went on for some more before it stopped."),
        (
            [_stop(losses, patience + 1) for losses, patience in cases],
            "You wait one epoch too long: stop once there were patience epochs without a new best.",
        ),
        (
            [_stop(losses, patience, against=_previous) for losses, patience in cases],
            "You compare with the epoch before; compare with the lowest loss so far.",
        ),
        (
            [_stop(losses, patience, ties=True) for losses, patience in cases],
            "A loss that equals the best one is no improvement.",
        ),
        (
            [_stop(losses, patience, reset=False) for losses, patience in cases],
            "A new best loss starts the waiting anew: set the count back to 0.",
        ),
    ]
    for wrong, reason in mistakes:
        if given == wrong:
            raise CheckFailed(reason)
    for (losses, patience), value, expected in zip(cases, given, right, strict=True):
        if value != expected:
            raise CheckFailed(
                f"With losses {losses} and patience {patience}, training should stop after "
                f"{expected} epochs; yours says {value}."
            )
    return "You have written what Keras's EarlyStopping does with its patience."


def _lowest(losses: list[float]) -> float:
    return min(losses)


def _previous(losses: list[float]) -> float:
    return losses[-1]


def _stop(
    losses: list[float],
    patience: int,
    *,
    against: Callable[[list[float]], float] = _lowest,
    ties: bool = False,
    reset: bool = True,
) -> int:
    """Return after how many epochs training stops; the options are learners' mistakes."""
    waited = 0
    for epoch, loss in enumerate(losses[1:], start=2):
        before = against(losses[: epoch - 1])
        if loss < before or (ties and loss == before):
            waited = 0 if reset else waited
        else:
            waited += 1
        if waited >= patience:
            return epoch
    return len(losses)


def _measures(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of matrix and k.")
    matrix = np.array([[50, 10, 0], [4, 30, 6], [0, 0, 25]])
    value = answer(matrix, 1)
    if value is None:
        raise CheckFailed("The function returns None.")
    if np.shape(value) != (3,):
        raise CheckFailed("Expected three numbers: precision, recall and F1.")
    value = np.array(answer(matrix, 0), float)
    precision, recall = 50 / 54, 50 / 60
    f1 = 2 * precision * recall / (precision + recall)
    right = np.array([precision, recall, f1])
    if np.allclose(value, 100 * right):
        raise CheckFailed("These are per cent; return numbers from 0 to 1.")
    if np.allclose(value, right[[1, 0, 2]]):
        raise CheckFailed(
            "Precision and recall are swapped. A column holds everything that was predicted to be "
            "k, a row everything that is k."
        )
    if np.isclose(value[2], (precision + recall) / 2) and not np.isclose(f1, value[2]):
        raise CheckFailed("F1 is not the mean of the two but their harmonic mean.")
    if np.isclose(value[0], 105 / 125) or np.isclose(value[1], 105 / 125):
        raise CheckFailed("That is the accuracy over all classes; look at class k alone.")
    for name, got, expected in zip(("precision", "recall", "F1"), value, right, strict=True):
        if not np.isclose(got, expected):
            raise CheckFailed(
                f"For class 0 of our example, {name} should be {expected:.3f}, not {got:.3f}."
            )
    if not np.allclose(answer(matrix, 2), [25 / 31, 1, 50 / 56]):
        raise CheckFailed("Class 0 is right, class 2 is not: use k in every place.")
    with np.errstate(all="ignore"):
        try:
            never = np.array(answer(np.array([[9, 0], [1, 0]]), 1), float)
        except ZeroDivisionError:
            never = np.full(3, np.nan)
    if not np.allclose(never, 0):
        raise CheckFailed(
            "A class that is never predicted should get 0 for all three: mind the zeros."
        )
    return (
        "A detector that never predicts class 1 has an accuracy of 90 % in the last example, and "
        "a recall of 0."
    )


def _check_mistakes(value: float, mistakes: list[tuple[float, str]]) -> None:
    for wrong, reason in mistakes:
        if np.isclose(value, wrong):
            raise CheckFailed(reason)


register(
    Exercise(
        name="03.1",
        stub="def cross_entropy(probabilities, labels):\n    return None  # replace None",
        hint=(
            "probabilities[np.arange(len(labels)), labels] takes from each row the probability of "
            "its true class; np.log is the natural logarithm."
        ),
        solution=(
            "def cross_entropy(probabilities, labels):\n"
            "    p_true = probabilities[np.arange(len(labels)), labels]\n"
            "    return -np.log(p_true).mean()"
        ),
        check=_cross_entropy,
    )
)
register(
    Exercise(
        name="03.2",
        stub="def stops_after(losses, patience):\n    return None  # replace None",
        hint=(
            "Go through the losses with enumerate(losses, start=1). Keep the lowest loss so far, "
            "and count the epochs since; a new lowest loss sets the count to 0."
        ),
        solution=(
            "def stops_after(losses, patience):\n"
            '    lowest, waited = float("inf"), 0\n'
            "    for epoch, loss in enumerate(losses, start=1):\n"
            "        if loss < lowest:\n"
            "            lowest, waited = loss, 0\n"
            "        else:\n"
            "            waited += 1\n"
            "        if waited >= patience:\n"
            "            return epoch\n"
            "    return len(losses)"
        ),
        check=_stops_after,
    )
)
register(
    Exercise(
        name="03.3",
        stub="def measures(matrix, k):\n    return None  # replace None",
        hint=(
            "matrix[k, k] are the right predictions of k, matrix[:, k].sum() all predictions of k, "
            "and matrix[k].sum() all images of class k. If matrix[k, k] is 0, all three are 0."
        ),
        solution=(
            "def measures(matrix, k):\n"
            "    hits = matrix[k, k]\n"
            "    if hits == 0:\n"
            "        return 0.0, 0.0, 0.0\n"
            "    precision = hits / matrix[:, k].sum()\n"
            "    recall = hits / matrix[k].sum()\n"
            "    return precision, recall, 2 * precision * recall / (precision + recall)"
        ),
        check=_measures,
    )
)

register_quiz(
    "03",
    [
        Question(
            "For an image, network A gives the true class a probability of 0.4, network B of 0.9. "
            "For both it is the largest of the ten. Which is true?",
            [
                Choice(
                    "Both have the same accuracy on this image, and B has the lower loss.",
                    "Accuracy looks only at which class is largest; cross-entropy also at how "
                    "much it gets.",
                    right=True,
                ),
                Choice(
                    "B has the higher accuracy and the lower loss.",
                    "B's loss is lower, but both predictions are right, so their accuracies are "
                    "equal.",
                ),
                Choice(
                    "Both have the same loss, because both are right.",
                    "The loss is −ln p: 0.92 for A and 0.11 for B. It still asks A to improve.",
                ),
            ],
        ),
        Question(
            "Training loss falls from epoch to epoch, and validation loss has been rising for "
            "ten epochs. What do you do?",
            [
                Choice(
                    "Train on: as long as the training loss falls, the network is learning.",
                    "What it learns now is particular to the training images. On others it does "
                    "not get better.",
                ),
                Choice(
                    "Go back to the weights of the epoch with the lowest validation loss.",
                    "That is what EarlyStopping does with restore_best_weights=True.",
                    right=True,
                ),
                Choice(
                    "Add the validation images to the training images and train on.",
                    "Then nothing is left to tell you when to stop, nor how good the network is.",
                ),
            ],
        ),
        Question(
            "After equally many steps, Adam had reached a lower loss than plain SGD. What does "
            "this show?",
            [
                Choice(
                    "Adam is the best optimiser.",
                    "One task, one network and one learning rate each cannot show that.",
                ),
                Choice(
                    "A network trained with SGD stays worse, however long it is trained.",
                    "All runs were stopped after the same number of steps. SGD was still getting "
                    "better.",
                ),
                Choice(
                    "With these rates and this budget, Adam was ahead on this task.",
                    "Another rate or a longer budget may change the order, so both belong to "
                    "the result.",
                    right=True,
                ),
            ],
        ),
        Question(
            "There are 180 nines among 1,000 digits. A network predicts a nine for 100 digits, and "
            "90 of these are nines. What is 50 %?",
            [
                Choice(
                    "Its recall for nines.",
                    "It found 90 of the 180 nines.",
                    right=True,
                ),
                Choice(
                    "Its precision for nines.",
                    "Precision asks how many of the 100 predicted nines are nines: 90 %.",
                ),
                Choice(
                    "Its accuracy at telling nines from the rest.",
                    "It is wrong about 90 nines and 10 others, so right about 900 of 1,000: 90 %.",
                ),
            ],
        ),
    ],
)
