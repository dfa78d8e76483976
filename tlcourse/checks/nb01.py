"""Exercises of notebook 01: scaling, leaked copies, folds by hand; and its quiz."""

import numpy as np

from tlcourse.checks.exercise import CheckFailed, Exercise, register
from tlcourse.checks.quiz import Choice, Question, register_quiz

# -------------------------------------------------------------------------------------- scaling


def _scaling(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of train and new.")
    train = np.array([[[50, 100], [150, 90]], [[60, 250], [200, 70]]], np.uint8)
    new = np.array([[[50, 255], [0, 150]]], np.uint8)
    value = answer(train.copy(), new.copy())
    if value is None:
        raise CheckFailed("The function returns None.")
    value = np.asarray(value, float)
    if value.shape == train.shape:
        raise CheckFailed("You return the training images; return the new ones, scaled.")
    if value.shape != new.shape:
        raise CheckFailed(
            f"The result should have the shape of the new images, {new.shape}; yours has "
            f"{value.shape}."
        )
    right = (new - 50.0) / 200.0
    each = (new - train.min(axis=0).astype(float)) / np.ptp(train.astype(float), axis=0)
    mistakes = [
        (
            new / 255.0,
            "You use the minimum and maximum of the new images, or of all; take the training "
            "images' alone.",
        ),
        (new / 250.0, "You divide by the largest value; subtract the smallest one first."),
        ((new - 50.0) / 250.0, "Divide by the difference of maximum and minimum."),
        (np.clip(right, 0, 1), "Do not clip: a value outside 0 to 1 says something about it."),
        (each, "You take a minimum for each pixel; take one for all pixels of all images."),
        (
            (new - np.uint8(50)) / 200.0,
            "The images are uint8, and 0 − 50 wraps around to 206. Make floats of them first.",
        ),
        (
            (250.0 - new) / 200.0,
            "You subtract from the maximum; subtract the minimum from the images.",
        ),
    ]
    for wrong, reason in mistakes:
        if np.allclose(value, wrong):
            raise CheckFailed(reason)
    if not np.allclose(value, right):
        raise CheckFailed(
            f"With training values from 50 to 250, the values {new.ravel().tolist()} should become "
            f"{right.ravel().tolist()}; yours are {np.round(value, 3).ravel().tolist()}."
        )
    return "A new image may leave the range from 0 to 1; that is no fault of the scaling."


register(
    Exercise(
        name="01.1",
        stub="def scale(train, new):\n    return None  # replace None",
        hint=(
            "float(train.min()) is the training images' smallest value as a float. Subtract it "
            "from new, then divide by the difference of their largest and smallest values."
        ),
        solution=(
            "def scale(train, new):\n"
            "    low, high = float(train.min()), float(train.max())\n"
            "    return (new - low) / (high - low)"
        ),
        check=_scaling,
    )
)

# ------------------------------------------------------------------------------- leaked copies


def _leaked(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of train and validation.")
    rng = np.random.default_rng(0)
    train, validation = rng.integers(1, 256, (2, 5, 4, 4, 1)) / 255
    validation[0], validation[2] = train[4], train[0]
    validation[3] = train[1].ravel()[::-1].reshape(4, 4, 1)  # the same numbers elsewhere
    value = answer(train.copy(), validation.copy())
    if value is None:
        raise CheckFailed("The function returns None.")
    value, right = np.asarray(value), np.array([True, False, True, False, False])
    if value.dtype != bool:
        if value.shape == (2,) and set(value.tolist()) == {0, 2}:
            raise CheckFailed("Those are the right places; return a mask, True or False for each.")
        if value.shape == (2,) and set(value.tolist()) == {0, 4}:
            raise CheckFailed(
                "Those are places in the training set; say it of the validation images."
            )
        if value.ndim == 0 and value == 2:
            raise CheckFailed(
                "There are two indeed; say for each validation image whether it is one."
            )
        raise CheckFailed(f"Expected an array of True and False, got the dtype {value.dtype}.")
    if value.shape != right.shape:
        raise CheckFailed(
            f"Expected one value for each of 5 validation images, so the shape (5,); got "
            f"{value.shape}. An image is a copy only if all of its pixels are the same."
        )
    if value.all():
        raise CheckFailed("You say that all of them are copies. One equal pixel is not enough.")
    if not value.any():
        raise CheckFailed("You find none; a copy may stand at another place of the training set.")
    if np.array_equal(value, ~right):
        raise CheckFailed("True and False have changed places.")
    if np.array_equal(value, [True, False, True, True, False]):
        raise CheckFailed(
            "You also name an image that has the same numbers at other places. Compare pixel by "
            "pixel, not by a sum."
        )
    if not np.array_equal(value, right):
        raise CheckFailed(f"It should be {right.tolist()}; yours is {value.tolist()}.")
    return "With this, a leak is found before anything is trained."


register(
    Exercise(
        name="01.2",
        stub="def leaked(train, validation):\n    return None  # replace None",
        hint=(
            "image.tobytes() turns an image into something that can be put into a set. Is an "
            "image's in the set of the training images' bytes? Return an array of True and False."
        ),
        solution=(
            "def leaked(train, validation):\n"
            "    known = {image.tobytes() for image in train}\n"
            "    return np.array([image.tobytes() in known for image in validation])"
        ),
        check=_leaked,
    )
)

# -------------------------------------------------------------------------------------- K folds


def _folds(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of n, k and seed.")
    n, k = 23, 5
    folds = _as_arrays(answer(n, k, 0), k)
    sizes = [len(fold) for fold in folds]
    places = np.concatenate(folds)
    if places.dtype.kind not in "iu" or places.min() < 0 or places.max() >= n:
        raise CheckFailed(f"With n = {n}, places are whole numbers from 0 to {n - 1}.")
    if min(sizes) > n // 2:
        raise CheckFailed("Those are the folds to train on; return the folds that are held out.")
    if len(places) < n:
        raise CheckFailed(f"Only {len(places)} of {n} examples are held out; what about the rest?")
    if len(np.unique(places)) < n:
        raise CheckFailed("Some examples are held out more than once, and others never.")
    if max(sizes) - min(sizes) > 1:
        raise CheckFailed(f"The sizes are {sizes}; they should differ by one at most.")
    if all(np.array_equal(np.sort(fold), np.arange(fold.min(), fold.max() + 1)) for fold in folds):
        raise CheckFailed("The folds are stretches of the given order; shuffle first.")
    if not all(map(np.array_equal, folds, _as_arrays(answer(n, k, 0), k))):
        raise CheckFailed("The same seed should give the same folds.")
    if all(map(np.array_equal, folds, _as_arrays(answer(n, k, 1), k))):
        raise CheckFailed("Another seed should give other folds.")
    return f"{n} examples in {k} folds of {min(sizes)} or {max(sizes)}, each held out once."


def _as_arrays(folds: object, k: int) -> list[np.ndarray]:
    if folds is None:
        raise CheckFailed("The function returns None.")
    if not hasattr(folds, "__len__"):
        raise CheckFailed(f"Expected a list of {k} arrays, got {type(folds).__name__}.")
    if len(folds) != k:
        raise CheckFailed(f"With k = {k}, expected a list of {k} arrays; got {len(folds)}.")
    if any(isinstance(fold, tuple) for fold in folds):
        raise CheckFailed("Return only the places that are held out in each round, no pairs.")
    arrays = [np.asarray(fold) for fold in folds]
    if any(fold.ndim != 1 or not len(fold) for fold in arrays):
        raise CheckFailed("Each fold should be a list of places, and none should be empty.")
    return arrays


register(
    Exercise(
        name="01.3",
        stub="def k_folds(n, k, seed):\n    return None  # replace None",
        hint=(
            "np.random.default_rng(seed).permutation(n) are the places 0 to n - 1 in random "
            "order. NumPy has a function that splits an array into k parts of nearly equal size."
        ),
        solution=(
            "def k_folds(n, k, seed):\n"
            "    order = np.random.default_rng(seed).permutation(n)\n"
            "    return np.array_split(order, k)"
        ),
        check=_folds,
    )
)

# ----------------------------------------------------------------------------------------- quiz

register_quiz(
    "01",
    [
        Question(
            "You remove the duplicates from a dataset and split it anew. The validation accuracy "
            "falls by three points. What has happened?",
            [
                Choice(
                    "The earlier number was too good.",
                    "Copies stood on both sides of the split, and a copy of a training image is "
                    "easy. The new number says more about images that nobody has seen.",
                    right=True,
                ),
                Choice(
                    "The model has become worse; the duplicates should go back in.",
                    "What fell is the measurement. The easy images are gone from the validation"
                    " set.",
                ),
                Choice(
                    "With fewer images one always loses some accuracy.",
                    "A second copy of an image teaches next to nothing that the first did not.",
                ),
            ],
        ),
        Question(
            "You try thirty settings and take the one with the best accuracy on the validation "
            "set, 96 %. What do you report?",
            [
                Choice(
                    "96 %, as it was measured on images that no model was trained on.",
                    "They were used to choose. The best of thirty is partly the luckiest of "
                    "thirty.",
                ),
                Choice(
                    "What this one setting reaches on the test set, looked at once.",
                    "The test set had no say in the choice, so its luck is as likely good as bad.",
                    right=True,
                ),
                Choice(
                    "The best of the thirty accuracies on the test set.",
                    "Then the test set has chosen, and nothing is left to measure with.",
                ),
            ],
        ),
        Question(
            "The files of a folder come class by class, 1,000 of each. What does "
            "shuffle(buffer_size=100) do for training?",
            [
                Choice(
                    "It mixes all classes, only more slowly.",
                    "The buffer holds 100 examples at a time, so it mixes neighbours only.",
                ),
                Choice(
                    "It mixes each hundred of the dataset and then moves on to the next.",
                    "The buffer is a window that slides along: an example may come out much "
                    "later, but none can come out early. Either way classes stay apart.",
                ),
                Choice(
                    "Hardly anything: a batch still holds one class, or two.",
                    "A buffer of 100 sees one class, or the border between two. Make it as large "
                    "as the dataset, or shuffle the list of files.",
                    right=True,
                ),
            ],
        ),
        Question(
            "For photographs of cats and dogs, flipping left and right is a usual augmentation. "
            "Why not for digits?",
            [
                Choice(
                    "A mirrored digit is not that digit any more.",
                    "A change is fit for augmentation if the label stays true. A mirrored cat is "
                    "a cat; a mirrored 2 is no 2, and looks a little like a 5.",
                    right=True,
                ),
                Choice(
                    "Grey images cannot be flipped.",
                    "Any array can be flipped. The question is what the result means.",
                ),
                Choice(
                    "It would do no harm, since more data is always better.",
                    "Data with labels that are not true teach what is not true; section 8 measures "
                    "what that costs.",
                ),
            ],
        ),
    ],
)
