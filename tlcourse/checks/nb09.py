"""Exercises and quiz of notebook 09: a threshold, FixMatch's loss, one step on a graph."""

import numpy as np

from tlcourse.checks.exercise import CheckFailed, Exercise, register
from tlcourse.checks.quiz import Choice, Question, register_quiz

# Four images, three classes; the second one has exactly the confidence that is asked for.
_PROBABILITIES = np.array([[0.2, 0.7, 0.1], [0.8, 0.1, 0.1], [0.05, 0.05, 0.9], [0.4, 0.3, 0.3]])
_THRESHOLD = 0.8


def _pseudo_labels(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of probabilities and a threshold.")
    value = answer(_PROBABILITIES.copy(), _THRESHOLD)
    if value is None:
        raise CheckFailed("The function returns None.")
    if not isinstance(value, tuple) or len(value) != 2:
        raise CheckFailed(
            "Expected two arrays, return kept, labels: which images, and their classes."
        )
    if value[0] is None or value[1] is None:
        raise CheckFailed("One of the two is still None.")
    kept, labels = map(np.asarray, value)
    n = len(_PROBABILITIES)
    if kept.shape != (n,) or kept.dtype != bool:
        raise CheckFailed(
            f"For {n} images, kept should hold {n} times True or False; yours has the shape "
            f"{kept.shape} and the type {kept.dtype}."
        )
    if np.array_equal(kept, [False, False, True, False]):
        raise CheckFailed("The second image has exactly the threshold, and is not kept; use >=.")
    if np.array_equal(kept, [True, False, False, True]):
        raise CheckFailed("You keep those that are below the threshold.")
    if not np.array_equal(kept, [False, True, True, False]):
        raise CheckFailed(
            f"Of {_PROBABILITIES.tolist()}, a threshold of {_THRESHOLD} keeps the second and the "
            f"third; yours says {kept.tolist()}."
        )
    if labels.shape == (n,):
        raise CheckFailed("labels holds all images; return those of the kept ones only.")
    if labels.shape != (2,):
        raise CheckFailed(
            f"Two images are kept, so labels has the shape (2,); yours has {labels.shape}"
        )
    if np.allclose(labels, [0.8, 0.9]):
        raise CheckFailed("You return the probabilities; a pseudo-label is the class that has it.")
    if not np.array_equal(labels, [0, 2]):
        raise CheckFailed(
            f"The kept images are of the classes 0 and 2; yours says {labels.tolist()}."
        )
    kept, labels = answer(_PROBABILITIES.copy(), 0.95)
    if np.any(kept) or len(labels):
        raise CheckFailed("With a threshold of 0.95 no image should be kept; use the argument.")
    return "Two lines: that is all there is to making pseudo-labels."


def _fixmatch(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of weak, strong and threshold.")
    # Of the first two, the weak views are confident. Of the third it is the strong one.
    weak = np.array([[0.97, 0.02, 0.01], [0.01, 0.03, 0.96], [0.6, 0.3, 0.1], [0.3, 0.4, 0.3]])
    strong = np.array([[0.5, 0.3, 0.2], [0.7, 0.2, 0.1], [0.01, 0.98, 0.01], [0.2, 0.2, 0.6]])
    value = answer(weak.copy(), strong.copy(), 0.95)
    if value is None:
        raise CheckFailed("The function returns None.")
    if np.ndim(value) != 0:
        raise CheckFailed(f"Expected one number, got an array of shape {np.shape(value)}.")
    right = -(np.log(0.5) + np.log(0.1)) / 4
    mistakes = {
        2 * right: (
            "You divide by the number of confident images. Divide by all of them: with few "
            "confident images the unlabelled part should count for little."
        ),
        4 * right: "You add up the losses; take their mean over all images.",
        -right: "The sign is wrong: a loss is minus the logarithm.",
        -(np.log(0.5) + np.log(0.7)) / 4: (
            "The second image gets the class that is most probable in strong; its pseudo-label "
            "comes from weak."
        ),
        -(np.log(0.5) + np.log(0.1) + np.log(0.01) + np.log(0.2)) / 4: (
            "You count all images; leave out those whose weak view is below the threshold."
        ),
        -np.log(0.01) / 4: "You compare strong with the threshold; it is weak that must reach it.",
        -np.log(0.98) / 4: "Pseudo-label and threshold are taken from strong; both belong to weak.",
        -np.sum(weak[:2] * np.log(strong[:2])) / 4: (
            "You weight all classes by the probabilities in weak; use only its most probable "
            "class, as if it were a true label."
        ),
    }
    for wrong, advice in mistakes.items():
        if np.isclose(value, wrong, rtol=1e-4):
            raise CheckFailed(advice)
    if not np.isclose(value, right, rtol=1e-4):
        raise CheckFailed(f"For the example the loss should be {right:.3f}; yours is {value:.3f}.")
    if not np.isclose(answer(weak.copy(), strong.copy(), 0.99), 0):
        raise CheckFailed(
            "With a threshold of 0.99 no image is confident enough and the loss is 0; use the "
            "argument."
        )
    return "This is the unlabelled part of FixMatch; the labelled part is ordinary cross-entropy."


def _propagate(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of distributions, neighbours and known.")
    # A chain, 0 - 1 - 2 - 3 - 4: only the first has a label, of class 1.
    neighbours = [[1], [0, 2], [1, 3], [2, 4], [3]]
    known = np.array([[0.0, 1.0]])
    before = np.array([[0.0, 1.0], [0.0, 0.4], [0.6, 0.0], [0.0, 0.0], [1.0, 0.0]])
    right = np.array([[0.0, 1.0], [0.3, 0.5], [0.0, 0.2], [0.8, 0.0], [0.0, 0.0]])
    given = before.copy()
    value = answer(given, neighbours, known.copy())
    if value is None:
        raise CheckFailed("The function returns None.")
    value = np.asarray(value, float)
    if value.shape != right.shape:
        raise CheckFailed(f"Expected an array of shape {right.shape}; yours has {value.shape}.")
    if np.allclose(value, _one_after_the_other(before, neighbours, known)):
        raise CheckFailed(
            "Later images already see what earlier ones became in this step. All of them look at "
            "the rows of before; write into a new array."
        )
    if not np.array_equal(given, before):
        raise CheckFailed("You change the array that was given; write into a new one.")
    if np.allclose(value[1:], right[1:]) and not np.allclose(value[0], known[0]):
        raise CheckFailed("The first image has a label, and forgets it; put known back in.")
    sums = np.array([before[others].sum(axis=0) for others in neighbours])
    if np.allclose(value[1:], sums[1:]):
        raise CheckFailed("You add up the neighbours' rows; take their mean.")
    selves = [before[[i, *others]].mean(axis=0) for i, others in enumerate(neighbours)]
    if np.allclose(value[1:], selves[1:]):
        raise CheckFailed("The mean holds the image's own row, too; take the neighbours only.")
    if not np.allclose(value, right):
        raise CheckFailed(f"For the chain expected {right.tolist()}; yours is {value.tolist()}.")
    return "Repeated until nothing changes, this lets two labels share out a whole dataset."


def _one_after_the_other(
    before: np.ndarray, neighbours: list[list[int]], known: np.ndarray
) -> np.ndarray:
    new = before.copy()
    for i, others in enumerate(neighbours):
        new[i] = new[others].mean(axis=0)
    new[: len(known)] = known
    return new


register(
    Exercise(
        name="09.1",
        stub=(
            "def pseudo_labels(probabilities, threshold):\n"
            "    kept = None  # replace None\n"
            "    labels = None  # replace None\n"
            "    return kept, labels"
        ),
        hint=(
            "probabilities.max(axis=1) is the confidence, probabilities.argmax(axis=1) the "
            "class; classes[kept] are those where kept is True."
        ),
        solution=(
            "def pseudo_labels(probabilities, threshold):\n"
            "    kept = probabilities.max(axis=1) >= threshold\n"
            "    labels = probabilities.argmax(axis=1)[kept]\n"
            "    return kept, labels"
        ),
        check=_pseudo_labels,
    )
)
register(
    Exercise(
        name="09.2",
        stub="def fixmatch_loss(weak, strong, threshold):\n    return None  # replace None",
        hint=(
            "Where is weak.max(axis=1) >= threshold? strong[np.arange(len(strong)), labels] is "
            "what the strong views give to the pseudo-labels. Losses of the other images become "
            "0; then the mean over all."
        ),
        solution=(
            "def fixmatch_loss(weak, strong, threshold):\n"
            "    confident = weak.max(axis=1) >= threshold\n"
            "    labels = weak.argmax(axis=1)\n"
            "    losses = -np.log(strong[np.arange(len(strong)), labels])\n"
            "    return (confident * losses).mean()"
        ),
        check=_fixmatch,
    )
)
register(
    Exercise(
        name="09.3",
        stub=(
            "def propagate_once(distributions, neighbours, known):\n    return None  # replace None"
        ),
        hint=(
            "distributions[neighbours[i]].mean(axis=0) is the mean of image i's neighbours. "
            "Collect it for all i in a new array; in the end, new[: len(known)] = known."
        ),
        solution=(
            "def propagate_once(distributions, neighbours, known):\n"
            "    new = np.array([distributions[others].mean(axis=0) for others in neighbours])\n"
            "    new[: len(known)] = known\n"
            "    return new"
        ),
        check=_propagate,
    )
)

register_quiz(
    "09",
    [
        Question(
            "A threshold of 0.95 keeps 15 % of the pseudo-labels, and nearly all of them are "
            "right. What will learning from them do?",
            [
                Choice(
                    "It can only help: nearly right labels are nearly as good as true ones",
                    "Right labels can still be the wrong selection. Where the hard classes are "
                    "missing from it, the head learns that they hardly exist.",
                ),
                Choice(
                    "It may help or harm: look at which classes they are of",
                    "A selection can be right image by image and wrong as a whole, and section 4 "
                    "shows one that is.",
                    right=True,
                ),
                Choice(
                    "Nothing: what the network is confident of, it knows already",
                    "New images of a known class do teach it something; in section 4 a threshold "
                    "of 0.8 helped.",
                ),
            ],
        ),
        Question(
            "After some rounds of self-training the network's confidence in its pseudo-labels is "
            "99 %, where it was 50 % before. What do you know?",
            [
                Choice(
                    "About 99 % of them are right",
                    "It was trained to agree with them, right or wrong. That it does says nothing "
                    "about the truth.",
                ),
                Choice(
                    "They have become better, though perhaps not that good",
                    "Without a threshold not a single wrong one was put right, and the network "
                    "became as confident of them as of the others.",
                ),
                Choice(
                    "That it has learned them; whether they are right, only true labels can tell",
                    "Confidence in what one was taught is no evidence. This is confirmation bias.",
                    right=True,
                ),
            ],
        ),
        Question(
            "In FixMatch, why does the pseudo-label come from the weak view, and why is it learned "
            "on the strong one?",
            [
                Choice(
                    "The weak view gives the better prediction, the strong one something to learn",
                    "Were both the same view, the network would be taught what it predicts "
                    "already.",
                    right=True,
                ),
                Choice(
                    "So that there are more images",
                    "Strong views are more images, but whose labels? The point is where these "
                    "come from: the prediction for the easier, weak view.",
                ),
                Choice(
                    "So that confidence stays high and the threshold keeps everything",
                    "The threshold is there to leave things out: an image whose weak view is below "
                    "it does not count.",
                ),
            ],
        ),
        Question(
            "Four of five of your unlabelled images show something that is in none of your "
            "classes. What does a softmax head do with them?",
            [
                Choice(
                    "It gives all classes about the same probability, so a threshold drops them",
                    "Its probabilities add up to 1 over the classes it knows. A letter O looks "
                    "more like a 0 than like anything else it knows, and gets a confident 0.",
                ),
                Choice(
                    "It takes each for one of its classes, some of them with high confidence",
                    "To be none of them is not among its predictions. So look at what is in the "
                    "pile before you learn from it.",
                    right=True,
                ),
                Choice(
                    "It does not matter: wrong pseudo-labels average out",
                    "They are not wrong at random. All the letters O become a 0, and pull the 0 "
                    "their way.",
                ),
            ],
        ),
    ],
)
