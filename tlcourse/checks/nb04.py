"""Exercises of notebook 04: a penalty, the size of a test set, early stopping; and its quiz."""

from collections.abc import Sequence

import numpy as np

from tlcourse.checks.exercise import CheckFailed, Exercise, register
from tlcourse.checks.quiz import Choice, Question, register_quiz


def _number(value: object, asked: str) -> float:
    if value is None:
        raise CheckFailed("The function returns None.")
    if np.ndim(value) != 0:
        raise CheckFailed(
            f"Expected one number for {asked}, got an array of shape {np.shape(value)}."
        )
    return float(value)


# ------------------------------------------------------------------------------------ a penalty


def _penalty(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of loss, kernels, l1 and l2.")
    loss, l1, l2 = 0.5, 0.1, 0.01
    kernels = [np.array([[1.0, -2.0], [0.0, 3.0]]), np.array([-4.0])]
    sizes = np.abs(np.concatenate([kernel.ravel() for kernel in kernels]))
    first, square = sizes.sum(), (sizes**2).sum()
    value = _number(answer(loss, kernels, l1, l2), "the loss with its penalties")
    right = loss + l1 * first + l2 * square
    signed = sum(kernel.sum() for kernel in kernels)
    # Pairs and no dictionary, which would miss a mistake by a rounding error.
    mistakes = [
        (right - loss, "Those are the penalties alone; add them to the loss."),
        (loss, "That is the loss without any penalty."),
        (loss + l1 * signed + l2 * square, "Take absolute values for L1: signs must not cancel."),
        (loss + l1 * sizes.mean() + l2 * (sizes**2).mean(), "Keras adds up; do not take means."),
        (
            loss + sum(l1 * np.abs(k).mean() + l2 * (k**2).mean() for k in kernels),
            "Keras adds up; do not take means.",
        ),
        (loss + l2 * first + l1 * square, "l1 and l2 have changed places."),
        (loss + l1 * first + l2 * np.sqrt(square), "L2 takes the sum of squares, without a root."),
        (loss + l1 * first + l2 * first**2, "Square every weight, then add up; not the sum."),
        (loss + l1 * first + l2 * square / 2, "Keras takes l2 times the squares, not half of it."),
        (loss + l1 * first, "The L2 part is missing."),
        (loss + l2 * square, "The L1 part is missing."),
        (loss - l1 * first - l2 * square, "A penalty makes the loss larger; add it."),
        (loss + l1 * 6 + l2 * 14, "That is the first kernel alone; go through all of them."),
        (loss + l1 * 4 + l2 * 16, "That is the last kernel alone; add up over all of them."),
    ]
    for wrong, reason in mistakes:
        if np.isclose(value, wrong):
            raise CheckFailed(reason)
    if not np.isclose(value, right):
        raise CheckFailed(
            f"For the weights 1, −2, 0, 3 and −4, a loss of {loss}, l1={l1} and l2={l2} it should "
            f"be {right:.2f}; yours is {value:.2f}."
        )
    if not np.isclose(answer(loss, kernels, 0.0, 0.0), loss):
        raise CheckFailed("With l1=0 and l2=0 the loss should stay as it is; use both arguments.")
    return (
        f"Of the {right:.1f} in this example, {l1 * first:.1f} comes from L1 and "
        f"{l2 * square:.1f} from L2, of which the largest weight alone pays more than half."
    )


# -------------------------------------------------------------------------- size of a test set

_Z = 1.96


def _images_needed(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of accuracy and half_width.")
    for accuracy, half_width in ((0.9, 0.02), (0.5, 0.1), (0.99, 0.01)):
        asked = f"an accuracy of {accuracy} and ±{half_width}"
        value = _number(answer(accuracy, half_width), asked)
        spread = accuracy * (1 - accuracy)
        exact = _Z**2 * spread / half_width**2
        if value == np.ceil(exact):
            continue
        mistakes = [
            (exact, "That is no whole number; round up, so that the interval is not wider."),
            (np.floor(exact), "Round up, not down, so that the interval is not wider than asked."),
            (spread / half_width**2, "That is for one standard error; an interval takes 1.96."),
            (_Z * spread / half_width**2, "Square the 1.96 as well."),
            (_Z**2 * spread / half_width, "Square the half width: precision costs that much."),
            (4 * exact, "half_width is from the middle to one end, not from end to end."),
            (_Z**2 * accuracy / half_width**2, "The spread is accuracy times (1 − accuracy)."),
            (_Z**2 * spread**2 / half_width**2, "accuracy * (1 - accuracy) is a square already."),
            (_Z**2 * 0.25 / half_width**2, "That is the number for an accuracy of one half."),
        ]
        for wrong, reason in mistakes:
            if value in (wrong, np.ceil(wrong)) or np.isclose(value, wrong):
                raise CheckFailed(reason)
        raise CheckFailed(f"For {asked} it should be {np.ceil(exact):,.0f}; yours is {value:,.0f}.")
    fifty = _Z * np.sqrt(0.8 * 0.2 / 50)
    return (
        f"With 50 images an accuracy of 80 % comes with ±{100 * fifty:.0f} points: wide enough for "
        "the luckiest of many settings."
    )


# --------------------------------------------------------------------------------- early stopping

# Losses after each epoch, and the patience.
_RUNS = (
    ([1.0, 0.8, 0.7, 0.75, 0.72, 0.9, 0.8, 0.6, 0.5], 3),
    ([3.0, 2.0, 1.0], 2),
    ([1.0, 0.9, 0.95, 0.5], 1),
    ([1.0, 0.6, 0.6, 0.6, 0.4], 2),
)


def _stop(
    losses: Sequence[float],
    patience: int,
    *,
    late: int = 0,
    previous: bool = False,
    ties: bool = False,
) -> tuple[int, int]:
    """Return the epoch after which training stops and the best one; options are usual mistakes."""
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        rival = losses[epoch - 1] if previous else losses[best]
        if losses[epoch] < rival or (ties and losses[epoch] == rival):
            waited = 0
        else:
            waited += 1
        if losses[epoch] < losses[best] or (ties and losses[epoch] == losses[best]):
            best = epoch
        if waited >= patience + late:
            return epoch, best
    return len(losses) - 1, best


def _early_stopping(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of losses and patience.")
    found = []
    for losses, patience in _RUNS:
        value = answer(list(losses), patience)
        if value is None:
            raise CheckFailed("The function returns None.")
        if np.shape(value) != (2,):
            raise CheckFailed(
                f"Expected two whole numbers, the last epoch and the best one; got {value!r}."
            )
        found.append((int(value[0]), int(value[1])))
    right = [_stop(*run) for run in _RUNS]
    whole = [int(np.argmin(losses)) for losses, _ in _RUNS]
    mistakes = [
        (
            [(best, stopped) for stopped, best in right],
            "Return first where training stops, then which epoch was best.",
        ),
        (
            [(stopped, stopped) for stopped, _ in right],
            "You keep the last weights; keep those of the lowest loss so far.",
        ),
        (
            [(stopped, best) for (stopped, _), best in zip(found, whole, strict=True)],
            "You keep the lowest loss of the whole list. When training stops, later losses are "
            "not there yet.",
        ),
        (
            [_stop(*run, late=1) for run in _RUNS],
            "You stop one epoch too late: stop as soon as `patience` epochs were no better.",
        ),
        (
            [_stop(*run, late=-1) for run in _RUNS],
            "You stop one epoch too early: wait for `patience` epochs in a row.",
        ),
        (
            [_stop(*run, previous=True) for run in _RUNS],
            "You compare with the epoch before; compare with the best so far.",
        ),
        (
            [_stop(*run, ties=True) for run in _RUNS],
            "A loss as low as the best one is no improvement; only a lower one is.",
        ),
    ]
    for wrong, reason in mistakes:
        if found == wrong:
            raise CheckFailed(reason)
    for (losses, patience), expected, got in zip(_RUNS, right, found, strict=True):
        if got != expected:
            raise CheckFailed(
                f"For the losses {losses} and patience {patience} it should be {expected}; yours "
                f"is {got}."
            )
    return "What you wrote is keras.callbacks.EarlyStopping with restore_best_weights=True."


register(
    Exercise(
        name="04.1",
        stub="def penalised(loss, kernels, l1, l2):\n    return None  # replace None",
        hint=(
            "np.abs(kernel).sum() adds up the absolute values of one array, (kernel**2).sum() the "
            "squares. Do it for each kernel of the list."
        ),
        solution=(
            "def penalised(loss, kernels, l1, l2):\n"
            "    for kernel in kernels:\n"
            "        loss = loss + l1 * np.abs(kernel).sum() + l2 * (kernel**2).sum()\n"
            "    return loss"
        ),
        check=_penalty,
    )
)
register(
    Exercise(
        name="04.2",
        stub="def images_needed(accuracy, half_width):\n    return None  # replace None",
        hint=(
            "Solve half_width = 1.96 * sqrt(accuracy * (1 - accuracy) / n) for n; np.ceil or "
            "math.ceil rounds up."
        ),
        solution=(
            "def images_needed(accuracy, half_width):\n"
            "    exact = 1.96**2 * accuracy * (1 - accuracy) / half_width**2\n"
            "    return int(np.ceil(exact))"
        ),
        check=_images_needed,
    )
)
register(
    Exercise(
        name="04.3",
        stub='''\
def stop_early(losses, patience):
    """Return after which epoch training stops, and whose weights are kept."""
    return None  # replace None''',
        hint=(
            "Go through the losses one by one. Remember the best epoch so far, and count the "
            "epochs since then; the count starts at 0 again with every new best."
        ),
        solution='''\
def stop_early(losses, patience):
    """Return after which epoch training stops, and whose weights are kept."""
    best = 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best = epoch
        if epoch - best >= patience:
            return epoch, best
    return len(losses) - 1, best''',
        check=_early_stopping,
    )
)

register_quiz(
    "04",
    [
        Question(
            "A network has 100 % of its 100 training images right and 80 % of the validation "
            "images. What does that show?",
            [
                Choice(
                    "It underfits; train it for longer.",
                    "A network that underfits has its training images wrong, too. There is nothing "
                    "left to learn from these.",
                ),
                Choice(
                    "It overfits: it has learned what is peculiar to the training images.",
                    "The gap of 20 points is the sign. What may help is more labels, or a "
                    "regularisation technique such as augmentation.",
                    right=True,
                ),
                Choice(
                    "The validation images are faulty.",
                    "They may be, but a gap is what few labels lead to with faultless images, too.",
                ),
                Choice(
                    "Nothing; only the accuracy on the test set counts.",
                    "The test set tells how well you did in the end. The gap tells what to do "
                    "next, and for that there is the validation set.",
                ),
            ],
        ),
        Question(
            "With dropout, the accuracy that Keras shows during training lies below the one on "
            "the validation images. Why?",
            [
                Choice(
                    "The network underfits because of dropout.",
                    "It may, but this does not show it. Measure the training images once more "
                    "after training.",
                ),
                Choice(
                    "The two sets have changed places.",
                    "Check it if you like; but you would see the same with everything in order.",
                ),
                Choice(
                    "Dropout works during training only, so training is measured with half of the "
                    "hidden units missing.",
                    "And it is averaged over the steps, while validation is measured at the end, "
                    "with the whole network.",
                    right=True,
                ),
            ],
        ),
        Question(
            "You train 50 variants, measure all of them on the test set, and report the accuracy "
            "of the best one. What is wrong with that number?",
            [
                Choice(
                    "It is too high on average, because luck helped to choose.",
                    "The best one is partly the best and partly the luckiest on these images. On "
                    "new images the luck is gone.",
                    right=True,
                ),
                Choice(
                    "Nothing, as no variant was trained on the test set.",
                    "No weights were fitted to it, but the choice was. That is fitting, too.",
                ),
                Choice(
                    "Nothing, as every single measurement is right on average.",
                    "Each is, before you choose. The largest of fifty such numbers is not.",
                ),
                Choice(
                    "It is too low, because the best variant had only one try.",
                    "Choosing the largest of many numbers errs in the other direction.",
                ),
            ],
        ),
        Question(
            "Two settings, nine trials. Why may a random search find better values than a grid of "
            "3 × 3?",
            [
                Choice(
                    "Randomness keeps the network from overfitting.",
                    "The search only chooses settings. How the network is trained with them is "
                    "the same.",
                ),
                Choice(
                    "It tries nine values of the setting that matters, where the grid tries three.",
                    "Often one setting matters much and the other little. The grid then spends two "
                    "of three trials on repeating itself.",
                    right=True,
                ),
                Choice(
                    "It always does; the more random, the better.",
                    "It can miss a good region by chance. On average over tasks it did well, not "
                    "every time.",
                ),
                Choice(
                    "A random search may be measured on the test set.",
                    "No search may. Whatever is chosen needs a validation set to choose by.",
                ),
            ],
        ),
    ],
)
