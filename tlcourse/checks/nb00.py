"""Exercises and quiz of notebook 00: a labelled split, accuracy by hand, the gain."""

import numpy as np

from tlcourse.checks.exercise import CheckFailed, Exercise, register
from tlcourse.checks.quiz import Choice, Question, register_quiz
from tlcourse.data import Split
from tlcourse.experiment import scoreboard


def _labelled_split(answer: object) -> str:
    if not isinstance(answer, Split):
        raise CheckFailed(f"Expected what labelled_split returns, got {type(answer).__name__}.")
    counts = np.bincount(answer.labelled.labels, minlength=answer.n_classes)
    if not (counts == 3).all():
        raise CheckFailed(
            f"Every digit should have 3 labelled examples; yours have {counts.tolist()}."
        )
    return f"{len(answer.labelled)} labels in all, and {answer.n_unlabelled:,} images without."


def _accuracy(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of predictions and labels.")
    labels = np.array([3, 1, 4, 1, 5, 9, 2, 6])
    predictions = np.array([3, 1, 4, 7, 5, 9, 2, 0])
    value = answer(predictions, labels)
    if value is None:
        raise CheckFailed("The function returns None.")
    if np.ndim(value) != 0:
        raise CheckFailed(f"Expected one number, got an array of shape {np.shape(value)}.")
    if np.isclose(value, 6):
        raise CheckFailed("That is how many are right; accuracy is their share.")
    if np.isclose(value, 0.25):
        raise CheckFailed("That is the share of wrong predictions, the error rate.")
    if not np.isclose(value, 0.75):
        raise CheckFailed(f"With 6 of 8 right, the accuracy is not {float(value):g}.")
    return "6 of 8 right make an accuracy of 0.75."


def _gain(answer: object) -> str:
    if not isinstance(answer, (int, float, np.number)):
        raise CheckFailed(f"Expected one number, got {type(answer).__name__}.")
    board = scoreboard.read()
    # The notebook's own dataset is the one whose ten-label runs were recorded last.
    board = board[board["labels"] == 10]
    board = board[board["dataset"] == board["dataset"].iloc[-1]]
    by_method = board.pivot(index="seed", columns="method", values="accuracy")
    gains = (by_method["letters_frozen"] - by_method["scratch"]).dropna()
    if np.isclose(answer, gains.mean(), atol=1e-3):
        raise CheckFailed("That is a difference of shares; one point is a hundredth of it.")
    if np.isclose(answer, -100 * gains.mean(), atol=0.1):
        raise CheckFailed("The sign is turned round: letters minus scratch.")
    if not np.isclose(answer, 100 * gains.mean(), atol=0.1):
        raise CheckFailed(f"{float(answer):.1f} is not the mean difference of the two columns.")
    return f"Letters gave {100 * gains.mean():.1f} points more, as a mean over {len(gains)} seeds."


register(
    Exercise(
        name="00.1",
        stub="answer = None  # replace None",
        hint="labelled_split takes per_class=... instead of total=...",
        solution="answer = tl.data.labelled_split(digits, per_class=3, seed=0)",
        check=_labelled_split,
    )
)
register(
    Exercise(
        name="00.2",
        stub="def accuracy(predictions, labels):\n    return None  # replace None",
        hint="predictions == labels is an array of True and False; its mean counts True as 1.",
        solution="def accuracy(predictions, labels):\n    return (predictions == labels).mean()",
        check=_accuracy,
    )
)
register(
    Exercise(
        name="00.3",
        stub="gain = None  # replace None",
        hint=(
            'accuracies["letters_frozen"] and accuracies["scratch"] are columns; subtract, then '
            ".mean()."
        ),
        solution='gain = 100 * (accuracies["letters_frozen"] - accuracies["scratch"]).mean()',
        check=_gain,
    )
)
register_quiz(
    "00",
    [
        Question(
            "The base is frozen: of 125,610 parameters only 3,850 are trained. What happens to the "
            "others?",
            [
                Choice(
                    "They are removed, so the network is smaller.",
                    "Nothing is removed. Count both again in sections 5 and 6: the totals are "
                    "the same.",
                ),
                Choice(
                    "They work as before and stay as letters have made them.",
                    "Every image still passes through all of them. Only training leaves them "
                    "alone.",
                    right=True,
                ),
                Choice(
                    "They start at random and stay random.",
                    "That would be a frozen base without any pretraining. Ours comes with what "
                    "letters have taught it.",
                ),
            ],
        ),
        Question(
            "The base has never seen a handwritten digit. Why can it help to read them?",
            [
                Choice(
                    "Some letters are digits: O is 0, and l is 1.",
                    "The head is new and knows no letters, so nobody tells it that O may mean 0. "
                    "And what would be the letter for 4?",
                ),
                Choice(
                    "It can describe strokes and corners, which letters and digits share.",
                    "From such a description ten examples go much further than from pixels.",
                    right=True,
                ),
                Choice(
                    "Thirty thousand images teach more than ten, whatever they show.",
                    "What they show matters a great deal. Notebooks 05 and 06 measure sources that "
                    "are larger and help less, and one that does harm.",
                ),
            ],
        ),
        Question(
            "With one labelled split of ten labels, method A reaches 75 % and method B 70 %. "
            "Which one is better?",
            [
                Choice(
                    "A, for both were measured on the whole test set.",
                    "The test set is large enough. It is which ten images are labelled that is a "
                    "matter of luck, and there is only one seed.",
                ),
                Choice(
                    "Nobody knows yet: take more seeds, the same ones for both.",
                    "In section 7 one and the same method differs from seed to seed by several "
                    "points. Several seeds, and the same for both, tell luck from method.",
                    right=True,
                ),
                Choice(
                    "They are equal, for ten labels prove nothing.",
                    "That a difference is not certain does not make it zero.",
                ),
            ],
        ),
    ],
)
