"""Exercises and quiz of notebook 06: a head's parameters, nearest class mean, quarters."""

import numpy as np
from sklearn.svm import SVC

from tlcourse.checks.exercise import CheckFailed, Exercise, register
from tlcourse.checks.quiz import Choice, Question, register_quiz
from tlcourse.models import letters_base


def _parameters(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of two numbers, n_features and n_classes.")
    for n_features, n_classes in ((384, 10), (1280, 10), (96, 52)):
        value = answer(n_features, n_classes)
        if value is None:
            raise CheckFailed("The function returns None.")
        if np.ndim(value) != 0:
            raise CheckFailed(f"Expected one number, got an array of shape {np.shape(value)}.")
        asked = f"{n_features} features and {n_classes} classes"
        right = (n_features + 1) * n_classes
        if value == n_features * n_classes:
            raise CheckFailed(
                f"{value:,} for {asked} are the weights; the biases are still missing."
            )
        if value == n_features * n_classes + n_features:
            raise CheckFailed("You have one bias for each feature; it is one for each class.")
        if value == n_features * n_classes + 1:
            raise CheckFailed("You have one bias for the whole head; it is one for each class.")
        if value == letters_base().count_params() + right:
            raise CheckFailed("The base is frozen; count only what is trained.")
        if value != right:
            raise CheckFailed(f"{float(value):,.0f} is not the number for {asked}.")
    return (
        f"On the letters features {answer(384, 10):,} numbers are trained, on the last layer of "
        f"the ImageNet base {answer(1280, 10):,}: with ten labels, hundreds for each label."
    )


def _nearest_mean(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of features, labels and new_features.")
    # Means: 2 for class 7 and 10 for class 3. The new point 5.8 is nearer to the mean of class 7,
    # but the nearest example, 6, is of class 3.
    features = np.array([[0.0, 0.0], [6.0, 0.0], [1.0, 0.0], [14.0, 0.0], [5.0, 0.0]])
    labels = np.array([7, 3, 7, 3, 7])
    new = np.array([[5.8, 0.0], [9.0, 0.0], [-1.0, 0.0]])
    predictions = answer(features, labels, new)
    if predictions is None:
        raise CheckFailed("The function returns None.")
    predictions, right = np.asarray(predictions), np.array([7, 3, 7])
    if predictions.shape != right.shape:
        raise CheckFailed(
            f"For {len(new)} new images of 2 features the predictions should have the shape "
            f"{right.shape}; yours has {predictions.shape}. Is it distances instead of classes?"
        )
    if np.array_equal(predictions, np.where(right == 7, 1, 0)):
        raise CheckFailed(
            "You return the position of the nearest mean among the means; return the class that "
            "stands there. (The classes need not be 0, 1, 2, ...)"
        )
    if np.array_equal(predictions, np.where(right == 7, 3, 7)):
        raise CheckFailed("You return the class whose mean is farthest away.")
    nearest = labels[_distances(new, features).argmin(axis=1)]
    if np.array_equal(predictions, nearest):
        raise CheckFailed(
            "You look for the nearest example; average the examples of each class first."
        )
    if not np.array_equal(predictions, right):
        raise CheckFailed(
            f"For labels {labels.tolist()} at {features[:, 0].tolist()}, new images at "
            f"{new[:, 0].tolist()} should get {right.tolist()}; yours get {predictions.tolist()}."
        )
    rng = np.random.default_rng(0)
    examples, many = rng.random((10, 384)), rng.random((200, 384))
    machine = SVC(kernel="linear").fit(examples, np.arange(10))
    same = (machine.predict(many) == answer(examples, np.arange(10), many)).sum()
    return (
        "With one example of each class its mean is the example itself: for 200 random points, "
        f"your function and a linear SVM predicted the same class {same} times."
    )


def _distances(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points[:, None] - others[None], axis=-1)


def _quarters(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of maps.")
    maps = np.random.default_rng(0).random((3, 6, 6, 5))
    value = answer(maps)
    if value is None:
        raise CheckFailed("The function returns None.")
    value = np.asarray(value)
    halves = (slice(0, 3), slice(3, 6))
    parts = [maps[:, rows, columns].mean(axis=(1, 2)) for rows in halves for columns in halves]
    if value.shape == (3, 5):
        raise CheckFailed("You average over the whole map; average over each quarter by itself.")
    if value.shape in ((3, 2, 2, 5), (3, 4, 5), (4, 3, 5)):
        raise CheckFailed(
            f"A head needs one row of numbers for each image: shape (3, 20), not {value.shape}."
        )
    if value.shape != (3, 20):
        raise CheckFailed(
            f"For maps of shape {maps.shape} the result should have the shape (3, 20); yours has "
            f"{value.shape}."
        )
    # The order of the 20 columns makes no difference to a head.
    found, right = np.sort(value, axis=1), np.sort(np.hstack(parts), axis=1)
    strips = [maps.reshape(3, 4, 9, 5)[:, k].mean(axis=1) for k in range(4)]
    if np.allclose(found, np.sort(np.hstack(strips), axis=1)):
        raise CheckFailed(
            "You cut the list of pixels into four pieces, which are strips of rows. A quarter is "
            "half of the rows and half of the columns."
        )
    if np.allclose(found, 9 * right):
        raise CheckFailed("You add up the numbers of each quarter; take their mean.")
    largest = [maps[:, rows, columns].max(axis=(1, 2)) for rows in halves for columns in halves]
    if np.allclose(found, np.sort(np.hstack(largest), axis=1)):
        raise CheckFailed("You take the largest number of each quarter; take their mean.")
    if not np.allclose(found, right, atol=1e-5):
        raise CheckFailed(
            "The shape is right, but the numbers are not the means of the four quarters."
        )
    return "Four numbers for each channel instead of one: what was found, and roughly where."


register(
    Exercise(
        name="06.1",
        stub="def head_parameters(n_features, n_classes):\n    return None  # replace None",
        hint="For each class the head has one weight for each feature, and one bias.",
        solution=(
            "def head_parameters(n_features, n_classes):\n"
            "    return n_features * n_classes + n_classes"
        ),
        check=_parameters,
    )
)
register(
    Exercise(
        name="06.2",
        stub=("def nearest_mean(features, labels, new_features):\n    return None  # replace None"),
        hint=(
            "np.unique(labels) are the classes, features[labels == k].mean(axis=0) is the mean of "
            "class k, and np.linalg.norm(new_features - mean, axis=1) are the distances to it. "
            "np.argmin over the classes gives a position in the array of classes."
        ),
        solution=(
            "def nearest_mean(features, labels, new_features):\n"
            "    classes = np.unique(labels)\n"
            "    distances = []\n"
            "    for k in classes:\n"
            "        mean = features[labels == k].mean(axis=0)\n"
            "        distances.append(np.linalg.norm(new_features - mean, axis=1))\n"
            "    return classes[np.argmin(distances, axis=0)]"
        ),
        check=_nearest_mean,
    )
)
register(
    Exercise(
        name="06.3",
        stub="def average_quarters(maps):\n    return None  # replace None",
        hint=(
            "With half = maps.shape[1] // 2, maps[:, :half, :half] is the upper left quarter; "
            ".mean(axis=(1, 2)) averages over its rows and columns. np.hstack puts the four "
            "results side by side."
        ),
        solution=(
            "def average_quarters(maps):\n"
            "    half = maps.shape[1] // 2\n"
            "    top, bottom = maps[:, :half], maps[:, half:]\n"
            "    quarters = [top[:, :, :half], top[:, :, half:]]\n"
            "    quarters += [bottom[:, :, :half], bottom[:, :, half:]]\n"
            "    return np.hstack([quarter.mean(axis=(1, 2)) for quarter in quarters])"
        ),
        check=_quarters,
    )
)
register_quiz(
    "06",
    [
        Question(
            "You freeze the base and train a head on top. What has become smaller?",
            [
                Choice(
                    "The network, and with it the time that one prediction takes.",
                    "To predict, an image passes through base and head as before.",
                ),
                Choice(
                    "The number of parameters that training changes.",
                    "In section 1 it falls to the head's 3,850. The total stays what it was.",
                    right=True,
                ),
                Choice(
                    "The number of features.",
                    "The base gives 384 of them, frozen or not.",
                ),
            ],
        ),
        Question(
            "Features are computed once and stored. Why does this not work together with "
            "augmentation?",
            [
                Choice(
                    "A changed image has other features, and it is changed anew each time.",
                    "So each image has to go through the base in every epoch. Augmentation and a "
                    "frozen base do go together; only storing the features does not.",
                    right=True,
                ),
                Choice(
                    "With a frozen base, augmentation has no effect.",
                    "The head then learns from the features of changed images, which are others.",
                ),
                Choice(
                    "It does: the features of an image are the same, however it is changed.",
                    "If they were, turning a 6 upside down would not change the prediction either.",
                ),
            ],
        ),
        Question(
            "For handwritten digits there are two bases: one learned from a million photographs, "
            "one from thirty thousand printed letters. Which one do you take?",
            [
                Choice(
                    "The one of the photographs: more data, better features.",
                    "Better for photographs. In section 6 it stayed behind letters.",
                ),
                Choice(
                    "It does not matter; a good head makes up for it.",
                    "In section 4 the heads hardly differed, and in section 6 the bases did.",
                ),
                Choice(
                    "Try the nearer one first; then measure, on labels of the training set.",
                    "Here near and small was ahead of far and huge. For another target the "
                    "photographs may be the near source.",
                    right=True,
                ),
            ],
        ),
        Question(
            "Your source is far from your target. From which layer do you take the features?",
            [
                Choice(
                    "From the last: it has learned most.",
                    "Most about the source. In section 6 the last layer of the ImageNet base was "
                    "not its best one.",
                ),
                Choice(
                    "From the first: its edges serve for everything.",
                    "They do, and they are not enough. In section 5 raw pixels beat the first "
                    "block.",
                ),
                Choice(
                    "From one before the last: try several and measure.",
                    "The farther the source, the earlier the layer; which one exactly, no rule "
                    "can say.",
                    right=True,
                ),
            ],
        ),
    ],
)
