"""Exercises and quiz of notebook 05: what differs, importance weights, rank correlation."""

import numpy as np

from tlcourse.checks.exercise import CheckFailed, Exercise, register
from tlcourse.checks.quiz import Choice, Question, register_quiz

_DIFFERS = {"a": "domain", "b": "task", "c": "both", "d": "task"}
_WRONG = {
    ("a", "task"): "a: The ten classes and their meaning are the same; only the images differ.",
    ("a", "both"): "a: The images differ, but the ten classes and their meaning do not.",
    ("b", "domain"): "b: The images are of the same kind; what is asked about them is new.",
    ("b", "both"): "b: What is asked is new, but the images are of the same kind as before.",
    ("c", "domain"): "c: Not only the images differ: no letter is among the classes of the target.",
    ("c", "task"): "c: Not only the classes differ: printed and handwritten images do, too.",
    ("d", "domain"): "d: The texts are the same, so neither X nor P(X) has changed.",
    ("d", "both"): "d: The texts are the same, so the domain is; only their labels differ.",
}


def _what_differs(answer: object) -> str:
    if not isinstance(answer, dict) or set(answer) != set(_DIFFERS):
        raise CheckFailed(f"Expected a dictionary with the keys {', '.join(_DIFFERS)}.")
    missing = [name for name, word in answer.items() if word is None]
    if missing:
        raise CheckFailed(f"There is no answer yet for {', '.join(missing)}.")
    for name, word in answer.items():
        if word not in ("domain", "task", "both"):
            raise CheckFailed(f'{name}: {word!r} is none of "domain", "task" and "both".')
        if (name, word) in _WRONG:
            raise CheckFailed(_WRONG[name, word])
    return "In d the two labels are the same words, and yet the task is another: P(Y|X) differs."


def _weights(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of p, n_source and n_target.")
    p, n_source, n_target = np.array([0.5, 0.8, 0.2, 0.1]), 100, 300
    value = answer(p.copy(), n_source, n_target)
    if value is None:
        raise CheckFailed("The function returns None.")
    value, odds = np.asarray(value, dtype=float), p / (1 - p)
    if value.shape != p.shape:
        raise CheckFailed(
            f"For {len(p)} images expected {len(p)} weights, got shape {value.shape}."
        )
    right = odds * n_source / n_target
    mistakes = [
        (p, "These are the probabilities; the weight is how many times likelier the target is."),
        (1 / right, "The fraction is upside down: weights must be large where the target is."),
        (1 / odds, "The fraction is upside down: weights must be large where the target is."),
        (
            odds,
            "With three times as many target images, the classifier says target more often for "
            "that reason alone; divide it out.",
        ),
        (odds * n_target / n_source, "The numbers of images correct the wrong way."),
    ]
    for wrong, reason in mistakes:
        if np.allclose(value, wrong):
            raise CheckFailed(reason)
    if np.allclose(value, right / right.mean()) or np.allclose(value, right / right.sum()):
        raise CheckFailed(
            "The weights are right up to a factor; return them as they are, not rescaled."
        )
    if not np.allclose(value, right):
        raise CheckFailed(
            f"For p = {p.tolist()}, {n_source} source and {n_target} target images expected "
            f"{right.round(3).tolist()}, got {value.round(3).tolist()}."
        )
    # Two normal distributions, about 0 and about 1, whose ratio of densities is known.
    places = np.linspace(-2, 3, 6)
    known = np.exp(places - 0.5)
    found = answer(5 * known / (5 * known + 2), 200, 500)
    if not np.allclose(found, known):
        raise CheckFailed("It is right for 100 and 300 images only; use n_source and n_target.")
    return "On two normal distributions your weights are the ratio of their densities, as intended."


def _kendall(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of two arrays, scores and accuracies.")
    scores, accuracies = np.array([0.1, 0.9, 0.4, 0.7, 0.2]), np.array([60, 90, 65, 50, 40])
    value = answer(scores.copy(), accuracies.copy())
    if value is None:
        raise CheckFailed("The function returns None.")
    if np.ndim(value) != 0:
        raise CheckFailed(f"Expected one number, got an array of shape {np.shape(value)}.")
    n, signs = len(scores), _agreement(scores, accuracies)
    pairs = n * (n - 1) / 2
    alike, balance = (signs > 0).sum() / 2, signs.sum() / 2
    places = [values.argsort().argsort() for values in (scores, accuracies)]
    mistakes = [
        (alike / pairs, "That is the share of pairs in agreement; subtract the other share."),
        (alike, "That is how many pairs agree; you need shares of all pairs."),
        (balance, f"That is a difference of two numbers; divide it by the {pairs:.0f} pairs."),
        (2 * balance / n**2, "You count each source with itself as a pair, too."),
        (2 * balance / pairs, f"You count pairs twice: {n} sources have {pairs:.0f} pairs."),
        (-balance / pairs, "The sign is wrong: a pair in agreement counts +1."),
        (np.corrcoef(*places)[0, 1], "That is Spearman's rank correlation; count pairs here."),
        (np.corrcoef(scores, accuracies)[0, 1], "That depends on the values, not on order alone."),
    ]
    for wrong, reason in mistakes:
        if np.isclose(value, wrong):
            raise CheckFailed(reason)
    if not np.isclose(value, balance / pairs):
        raise CheckFailed(
            f"For scores {scores.tolist()} and accuracies {accuracies.tolist()} expected "
            f"{balance / pairs:.2f}, got {float(value):.2f}."
        )
    rng = np.random.default_rng(0)
    scores, accuracies = rng.permutation(12), rng.permutation(12)
    if not np.isclose(answer(scores, accuracies), _agreement(scores, accuracies).sum() / 132):
        raise CheckFailed("It is right for five sources, but not for twelve.")
    return "Compare it with scipy.stats.kendalltau on the sources of section 8."


def _agreement(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return for each two places whether the arrays order them alike (1), or not (-1)."""
    differences = [np.sign(values[:, None] - values[None]) for values in (first, second)]
    return differences[0] * differences[1]


register(
    Exercise(
        name="05.1",
        stub='differs = {"a": None, "b": None, "c": None, "d": None}  # replace each None',
        hint=(
            "Ask twice: are the images (or texts) of another kind? Are the classes others, or is "
            "the same image labelled differently?"
        ),
        solution='differs = {"a": "domain", "b": "task", "c": "both", "d": "task"}',
        check=_what_differs,
    )
)
register(
    Exercise(
        name="05.2",
        stub=("def importance_weights(p, n_source, n_target):\n    return None  # replace None"),
        hint=(
            "p / (1 - p) is the ratio of target images to source images at that place. With "
            "n_target / n_source times as many target images it is that many times too large."
        ),
        solution=(
            "def importance_weights(p, n_source, n_target):\n"
            "    return p / (1 - p) * n_source / n_target"
        ),
        check=_weights,
    )
)
register(
    Exercise(
        name="05.3",
        stub="def kendall(scores, accuracies):\n    return None  # replace None",
        hint=(
            "For two sources i and j, (scores[i] - scores[j]) * (accuracies[i] - accuracies[j]) "
            "is positive if both order them alike. Loop over i, and over j from i + 1 on; "
            "np.sign gives +1 or -1."
        ),
        solution=(
            "def kendall(scores, accuracies):\n"
            "    total, pairs = 0, 0\n"
            "    for i in range(len(scores)):\n"
            "        for j in range(i + 1, len(scores)):\n"
            "            product = (scores[i] - scores[j]) * (accuracies[i] - accuracies[j])\n"
            "            total += np.sign(product)\n"
            "            pairs += 1\n"
            "    return total / pairs"
        ),
        check=_kendall,
    )
)

register_quiz(
    "05",
    [
        Question(
            "A network reads printed digits, 0 to 9. It shall now read handwritten digits, 0 to 9. "
            "What differs between source and target?",
            [
                Choice(
                    "The domain",
                    "P(X) differs: the images look different. The classes, and what they mean, "
                    "are the same.",
                    right=True,
                ),
                Choice(
                    "The task",
                    "The task is the ten classes and which images belong to which. A 3 is a 3 in "
                    "both.",
                ),
                Choice(
                    "Nothing, as all images have 28×28 pixels",
                    "The form of the images, X, is the same. How they are distributed, P(X), "
                    "belongs to the domain as well.",
                ),
            ],
        ),
        Question(
            "Which two accuracies tell whether a transfer was positive?",
            [
                Choice(
                    "On the source task, and on the target task after the transfer",
                    "These are different questions with different classes; their difference says "
                    "nothing about what the source was worth.",
                ),
                Choice(
                    "On the target task, with the source and without it, from the same labels",
                    "Nothing but the source may differ; then the difference is what it was worth.",
                    right=True,
                ),
                Choice(
                    "On the target task, before and after fine-tuning",
                    "That tells what fine-tuning was worth. Both have the source.",
                ),
            ],
        ),
        Question(
            "With all 60,000 labels the frozen letters base does worse than training from "
            "scratch. What follows?",
            [
                Choice(
                    "Printed letters are a bad source for digits",
                    "With ten labels the same base is far ahead. A source is not good or bad by "
                    "itself.",
                ),
                Choice(
                    "Whether a transfer helps depends on how many target labels there are",
                    "What letters know is a great help while labels are few, and a frozen base is "
                    "a limit once there are many.",
                    right=True,
                ),
                Choice(
                    "With many labels one should never transfer",
                    "It was the frozen base that fell behind. A base that may go on learning is "
                    "another method: compare it with the slider of section 6.",
                ),
            ],
        ),
        Question(
            "Of ten sources, one has the highest LogME on your hundred labels. What do you know?",
            [
                Choice(
                    "It will give the highest accuracy after fine-tuning",
                    "The score rates the features as they are. Fine-tuning changes them, and the "
                    "score does not see that.",
                ),
                Choice(
                    "Its LogME is the accuracy to be expected",
                    "It is a log probability of labels, not a share of right predictions. Only the "
                    "order of scores for the same labels means something.",
                ),
                Choice(
                    "It is a good one to try first",
                    "The score orders sources roughly, and is cheap. Measuring the first few of "
                    "them decides.",
                    right=True,
                ),
            ],
        ),
    ],
)
