"""Exercises and quiz of notebook 00: a budget of labels, accuracy by hand, the gain."""

import numpy as np

from tlcourse.checks.exercise import CheckFailed, Exercise, register
from tlcourse.checks.quiz import Choice, Question, register_quiz
from tlcourse.data import Split
from tlcourse.experiment import scoreboard


def _budget(answer: object) -> str:
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
        raise CheckFailed("Expected a function of guesses and labels.")
    labels = np.array([3, 1, 4, 1, 5, 9, 2, 6])
    guesses = np.array([3, 1, 4, 7, 5, 9, 2, 0])
    value = answer(guesses, labels)
    if value is None:
        raise CheckFailed("The function returns None.")
    if np.ndim(value) != 0:
        raise CheckFailed(f"Expected one number, got an array of shape {np.shape(value)}.")
    if np.isclose(value, 6):
        raise CheckFailed("That is how many are right; accuracy is their share.")
    if np.isclose(value, 0.25):
        raise CheckFailed("That is the share of wrong answers.")
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
    return f"Letters gave {100 * gains.mean():.1f} points more, on average of {len(gains)} draws."


register(
    Exercise(
        name="00.1",
        stub="answer = None  # replace None",
        hint="labelled_split takes per_class=... instead of total=...",
        solution="answer = tl.data.labelled_split(digits, per_class=3, seed=0)",
        check=_budget,
    )
)
register(
    Exercise(
        name="00.2",
        stub="def accuracy(guesses, labels):\n    return None  # replace None",
        hint="guesses == labels is an array of True and False; its mean counts True as 1.",
        solution="def accuracy(guesses, labels):\n    return (guesses == labels).mean()",
        check=_accuracy,
    )
)
register(
    Exercise(
        name="00.3",
        stub="gain = None  # replace None",
        hint='draws["letters_frozen"] and draws["scratch"] are columns; subtract, then .mean().',
        solution='gain = 100 * (draws["letters_frozen"] - draws["scratch"]).mean()',
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
            "With one draw of ten labels, method A reaches 75 % and method B 70 %. Which one is "
            "better?",
            [
                Choice(
                    "A, for both were measured on the whole test part.",
                    "The test part is large enough. It is the ten labels that are a matter of "
                    "luck, and there is only one draw of them.",
                ),
                Choice(
                    "Nobody knows yet: take further draws, the same ones for both.",
                    "In section 7 one and the same method differs from draw to draw by several "
                    "points. Several draws, and the same for both, tell luck from method.",
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
