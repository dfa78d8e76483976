"""Exercises and quiz of notebook 08: counting an autoencoder, PCA by hand, erased squares."""

import numpy as np

from tlcourse.checks.exercise import CheckFailed, Exercise, register
from tlcourse.checks.quiz import Choice, Question, register_quiz

_SIDE = 28


def _parameters(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of two numbers, n_pixels and n_code.")
    for pixels, code in ((784, 32), (784, 2), (100, 5)):
        value = answer(pixels, code)
        if value is None:
            raise CheckFailed("The function returns None.")
        if np.ndim(value) != 0:
            raise CheckFailed(f"Expected one number, got {value!r}.")
        asked = f"{pixels} pixels and a code of {code}"
        encoder, decoder = pixels * code + code, code * pixels + pixels
        mistakes = {
            encoder: "That is the encoder; the decoder has parameters of its own.",
            decoder: "That is the decoder; the encoder has parameters of its own.",
            2 * pixels * code: "Those are the weights; the biases are still missing.",
            2 * encoder: (
                "You gave the decoder as many biases as the encoder; it paints pixels, and has one "
                "bias for each of them."
            ),
            2 * decoder: (
                "You gave the encoder as many biases as the decoder; it has one for each number of "
                "the code."
            ),
            pixels * code + code + pixels: (
                "You count the weights once. Encoder and decoder each have their own."
            ),
            2 * pixels * code + 2: "You have one bias for each layer; it is one for each output.",
        }
        if value in mistakes:
            raise CheckFailed(f"{value:,} for {asked}: {mistakes[value]}")
        if value != encoder + decoder:
            raise CheckFailed(f"{float(value):,.0f} is not the number for {asked}.")
    return (
        f"{answer(784, 32):,} for a code of 32. PCA has fewer, {32 * 784 + 784:,}: its decoder is "
        "its encoder, turned round, and one mean image serves both."
    )


def _reconstruct(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of rows, mean and directions.")
    rng = np.random.default_rng(0)
    rows, mean = rng.normal(3, 1, (6, 5)), rng.normal(3, 1, 5)
    directions = np.linalg.qr(rng.normal(size=(5, 5)))[0][:2]
    given = rows.copy()
    value = answer(rows, mean, directions)
    if value is None:
        raise CheckFailed("The function returns None.")
    value = np.asarray(value)
    if not np.array_equal(rows, given):
        raise CheckFailed("Your function changes rows itself; compute with a new array.")
    codes = (rows - mean) @ directions.T
    if value.shape == codes.shape:
        raise CheckFailed(
            f"For rows of shape {rows.shape} you return the shape {value.shape}: those are the "
            "codes. Now decode them."
        )
    if value.shape != rows.shape:
        raise CheckFailed(
            f"Rows of shape {rows.shape} should come back so; yours have {value.shape}."
        )
    right = codes @ directions + mean
    mistakes = {
        "the mean image is never added again.": codes @ directions,
        "take the mean away before you encode.": rows @ directions.T @ directions + mean,
        "the mean plays no part in it: take it away, encode, decode, add it.": (
            rows @ directions.T @ directions
        ),
        "that is what came in, unchanged.": rows,
    }
    for advice, wrong in mistakes.items():
        if np.allclose(value, wrong):
            raise CheckFailed(f"The shape is right, but {advice}")
    if not np.allclose(value, right):
        raise CheckFailed(
            "The shape is right, but the numbers are not those of mean + code · directions."
        )
    again = np.asarray(answer(value, mean, directions))
    if not np.allclose(again, value):
        raise CheckFailed("Reconstructing a second time should change nothing more.")
    return (
        "An encoder and a decoder in one line each. Sent through a second time, nothing more is "
        "lost: what is left already is made of those directions alone."
    )


def _erase(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of images, size and rng.")
    n, size = 400, 12
    images = np.ones((n, _SIDE, _SIDE, 1), np.float32)
    value = answer(images, size, np.random.default_rng(0))
    if value is None:
        raise CheckFailed("The function returns None.")
    value = np.asarray(value)
    if value.shape != images.shape:
        raise CheckFailed(
            f"Images of shape {images.shape} should keep it; yours have {value.shape}."
        )
    if not images.all():
        raise CheckFailed(
            "The images that were given are changed too. They are what the autoencoder should "
            "paint: work on a copy."
        )
    if not set(np.unique(value).tolist()) <= {0.0, 1.0}:
        raise CheckFailed("Erased pixels should be 0, and all others stay as they were.")
    erased = value[..., 0] == 0
    counts = erased.sum(axis=(1, 2))
    if not counts.any():
        raise CheckFailed("Nothing is erased.")
    corners = [_corner(mask) for mask in erased]
    if (counts != size**2).any():
        k = int(np.flatnonzero(counts != size**2)[0])
        raise CheckFailed(
            f"Image {k} lost {counts[k]} pixels; a square of {size} × {size} has {size**2}. Does "
            "it reach over the edge, or is there more than one?"
        )
    if any(
        not mask[r : r + size, c : c + size].all()
        for mask, (r, c) in zip(erased, corners, strict=True)
    ):
        raise CheckFailed("The right number of pixels, but they do not make a square.")
    if len(set(corners)) == 1:
        raise CheckFailed("All images lose the same square; draw a place for each image.")
    places = np.array(corners)
    if (places[:, 0] == places[:, 1]).all():
        raise CheckFailed("All squares lie on the diagonal; draw row and column apart.")
    last = _SIDE - size
    if places.min() > 0 or places.max() < last:
        raise CheckFailed(
            f"The corners lie between {places.min()} and {places.max()}; from 0 to {last} there is "
            f"room. rng.integers(a, b) gives a at least, and less than b."
        )
    if not np.array_equal(value, np.asarray(answer(images, size, np.random.default_rng(0)))):
        raise CheckFailed("The same rng gives other squares the second time; draw with rng alone.")
    return (
        "Every image loses a square at a place of its own. To paint it, a network has to know how "
        "strokes go on, not only what lies between two pixels."
    )


def _corner(mask: np.ndarray) -> tuple[int, int]:
    """Return row and column where the marked pixels begin; 0, 0 if there are none."""
    return int(mask.any(axis=1).argmax()), int(mask.any(axis=0).argmax())


register(
    Exercise(
        name="08.1",
        stub="def autoencoder_parameters(n_pixels, n_code):\n    return None  # replace None",
        hint=(
            "A dense layer has a weight for each pair of input and output, and a bias for each "
            "output. What are the outputs of the encoder, and what those of the decoder?"
        ),
        solution="""\
def autoencoder_parameters(n_pixels, n_code):
    encoder = n_pixels * n_code + n_code
    decoder = n_code * n_pixels + n_pixels
    return encoder + decoder""",
        check=_parameters,
    )
)
register(
    Exercise(
        name="08.2",
        stub="def reconstruct(rows, mean, directions):\n    return None  # replace None",
        hint=(
            "The code is (rows - mean) @ directions.T, of shape (n, k). A matrix product with "
            "directions leads back to n rows of d numbers; then the mean is missing."
        ),
        solution="""\
def reconstruct(rows, mean, directions):
    codes = (rows - mean) @ directions.T
    return codes @ directions + mean""",
        check=_reconstruct,
    )
)
register(
    Exercise(
        name="08.3",
        stub='''\
def erase(images, size, rng):
    """Return a copy of the images, each with one square of pixels set to 0."""
    erased = images.copy()
    return erased''',
        hint=(
            "rng.integers(0, 28 - size + 1, 2) draws the row and the column where a square may "
            "begin; erased[k, row : row + size, column : column + size] = 0 erases one in image k."
        ),
        solution='''\
def erase(images, size, rng):
    """Return a copy of the images, each with one square of pixels set to 0."""
    erased = images.copy()
    for image in erased:
        row, column = rng.integers(0, 28 - size + 1, 2)
        image[row : row + size, column : column + size] = 0
    return erased''',
        check=_erase,
    )
)

register_quiz(
    "08",
    [
        Question(
            "An autoencoder with a code of 784 numbers gives every image back without any error. "
            "What does that say about its code?",
            [
                Choice(
                    "Nothing yet: it may copy the pixels.",
                    "784 numbers hold an image of 784 pixels as it is. Only a narrow code, or an "
                    "input that was spoiled, forces a network to find out how digits are made.",
                    right=True,
                ),
                Choice(
                    "It is as good a description of digits as there can be.",
                    "A copy of the pixels has no error either, and it describes nothing.",
                ),
                Choice(
                    "It has overfitted the labels.",
                    "There were no labels: the images themselves are what it is asked for.",
                ),
            ],
        ),
        Question(
            "A denoising autoencoder is shown an image with half of its pixels masked. What is "
            "its output compared with?",
            [
                Choice(
                    "With the image as it was shown.",
                    "Then copying would be right, masked pixels and all, and nothing would be "
                    "learned about strokes.",
                ),
                Choice(
                    "With the clean image.",
                    "Bringing back what is missing takes knowledge of how digits are made; "
                    "that knowledge is what we want.",
                    right=True,
                ),
                Choice(
                    "With the class of the image.",
                    "It has no labels. That comes later, with a head.",
                ),
            ],
        ),
        Question(
            "Pretraining needs no labels. May the images of the test set be used for it as well?",
            [
                Choice(
                    "Yes: without labels nothing can leak.",
                    "The encoder would be made to suit these very images. The accuracy would no "
                    "longer tell how well it does on images that it has never seen.",
                ),
                Choice(
                    "No: then the test images are not unseen any more.",
                    "Whoever measures on images that helped to make the model must say so; it is "
                    "another question, called transductive learning.",
                    right=True,
                ),
                Choice(
                    "Yes, as long as they are few.",
                    "How many does not matter. With none of them, nobody needs to ask how much it "
                    "helped.",
                ),
            ],
        ),
        Question(
            "Suppose pretraining gains nine points over starting from scratch, but nothing once "
            "both are trained with augmentation. What follows?",
            [
                Choice(
                    "Augmentation should be left out, for it spoils the pretraining.",
                    "Gaining less is not the same as ending lower: compare what each way reaches "
                    "in the end.",
                ),
                Choice(
                    "The encoder has learned nothing at all.",
                    "Without augmentation it gained nine points, and that was not nothing.",
                ),
                Choice(
                    "What it gave, augmentation gives as well; measure a method against the best "
                    "simple baseline.",
                    "A gain over a weak baseline says little. Oliver et al. (2018) found the same "
                    "with other methods: the baselines had been too weak.",
                    right=True,
                ),
            ],
        ),
    ],
)
