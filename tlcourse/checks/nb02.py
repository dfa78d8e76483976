"""Exercises and quiz of notebook 02: sizes, parameters, a shift, a receptive field."""

import math
from numbers import Integral

import numpy as np

from tlcourse.checks.exercise import CheckFailed, Exercise, register
from tlcourse.checks.quiz import Choice, Question, register_quiz
from tlcourse.models.convolution import convolve, receptive_field

_RIGHT_COUNTS = {
    "conv_1": 3 * 3 * 1 * 8 + 8,
    "conv_2": 3 * 3 * 8 * 16 + 16,
    "head": 5 * 5 * 16 * 10 + 10,
}


def _output_size(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of size, kernel, stride and padding.")
    for n, k, s, p in ((28, 3, 1, 0), (28, 5, 1, 2), (28, 3, 2, 1), (7, 3, 2, 0), (224, 7, 3, 3)):
        value = answer(n, k, s, p)
        asked = f"For {n} pixels, a kernel of {k}, stride {s} and padding {p}"
        if value is None:
            raise CheckFailed("The function returns None.")
        if np.ndim(value) != 0:
            raise CheckFailed(f"{asked} it returns {value!r}; expected one number.")
        right = (n + 2 * p - k) // s + 1
        if value == right:
            continue
        exact = (n + 2 * p - k) / s + 1
        mistakes = {
            right - 1: "The first place counts, too: one is missing.",
            n - k + 1: "That is the size without stride and padding.",
            n + 2 * p - k + 1: "The stride is missing.",
            (n - k) // s + 1: "The padding is missing.",
            (n + p - k) // s + 1: "Padding is put on both sides of the image.",
            math.ceil(exact): "A place that does not fit any more is left out: round down.",
            exact: "A map has a whole number of rows; // divides and rounds down.",
        }
        reason = mistakes.get(value, f"{right} would be right.")
        raise CheckFailed(f"{asked} it returns {value:g}. {reason}")
    return "With a kernel of 3, stride 1 and padding 1 the size stays as it is."


def _counts(answer: object) -> str:
    if not isinstance(answer, dict) or set(answer) != set(_RIGHT_COUNTS):
        raise CheckFailed(f"Expected a dictionary with the keys {', '.join(_RIGHT_COUNTS)}.")
    mistakes = {
        "conv_1": {
            72: "these are the weights; each filter has a bias, too.",
            9: "that is one filter without its bias; there are eight.",
            10: "that is one filter; there are eight.",
            73: "there is one bias for each filter, not one for all.",
            26 * 26 * 8: "that is how many numbers come out; the weights are the same everywhere.",
        },
        "conv_2": {
            1152: "these are the weights; each filter has a bias, too.",
            160: "each filter has nine weights for each of the 8 maps that it looks at.",
            144: "each filter has nine weights for each of the 8 maps that it looks at.",
            1280: "there is one bias for each filter, not one for each of its kernels.",
            1160: "there is one bias for each of the 16 filters, not for each of the 8 inputs.",
        },
        "head": {
            4000: "these are the weights; each class has a bias, too.",
            170: "flatten keeps all places of the map, not only its 16 channels.",
            19_370: "the second pooling comes before the head.",
            7850: "without padding, 28 pixels become 26, then 13, 11 and 5.",
            5770: "5.5 is rounded down: pooling leaves out a row that has no partner.",
            4400: "there is one bias for each class, not one for each feature.",
        },
    }
    for name, right in _RIGHT_COUNTS.items():
        value = answer[name]
        if value is None:
            raise CheckFailed(f"{name} is None.")
        if np.ndim(value) != 0 or not isinstance(value, int | float | np.number):
            raise CheckFailed(f"{name} should be one number; it is {value!r}.")
        if value != right:
            reason = mistakes[name].get(value, "count weights and biases again.")
            raise CheckFailed(f"{name} has not {value:,} parameters: {reason}")
    total = sum(_RIGHT_COUNTS.values())
    return f"{total:,} in all, and {_RIGHT_COUNTS['head'] / total:.0%} of them in the dense layer."


def _shift(answer: object) -> str:
    if not isinstance(answer, np.ndarray | list | tuple) or np.shape(answer) != (3, 3):
        raise CheckFailed(f"Expected an array of shape (3, 3); got the shape {np.shape(answer)}.")
    kernel = np.asarray(answer, dtype=float)
    if not kernel.any():
        raise CheckFailed("All nine numbers are 0, and so is the whole feature map.")
    image = np.pad(np.random.default_rng(0).random((6, 6)), 2)
    moved = convolve(image, kernel, padding=1)
    others = {
        (0, 0): "It leaves the image where it is.",
        (0, -1): "It moves the image to the left. The kernel is not mirrored before it is laid on: "
        "where do you have to look, to find what should come here?",
        (1, 0): "It moves the image down.",
        (-1, 0): "It moves the image up.",
    }
    for (down, right), reason in others.items():
        if np.allclose(moved, np.roll(image, (down, right), axis=(0, 1))):
            raise CheckFailed(reason)
    wanted = np.roll(image, 1, axis=1)
    if np.count_nonzero(kernel) > 1:
        raise CheckFailed("The result mixes several pixels; it should be one pixel, copied.")
    if np.allclose(moved, kernel.sum() * wanted) and not np.allclose(moved, wanted):
        raise CheckFailed(
            f"The direction is right, but each pixel is multiplied by {kernel.sum():g}."
        )
    if not np.allclose(moved, wanted):
        raise CheckFailed("It does not move the image one pixel to the right.")
    return "Mathematicians mirror the kernel first; with theirs, yours would move it to the left."


def _stack(answer: object) -> str:
    if not isinstance(answer, list | tuple) or not answer:
        raise CheckFailed("Expected a list of pairs, kernel and stride, like [(3, 1), (3, 1)].")
    for layer in answer:
        if np.shape(layer) != (2,) or not all(isinstance(n, Integral) and n > 0 for n in layer):
            raise CheckFailed(f"{layer!r} is not a pair of kernel and stride, like (3, 1).")
    kernels, strides = zip(*answer, strict=True)
    if set(kernels) != {3}:
        raise CheckFailed(f"Only 3×3 kernels are allowed; yours are {list(kernels)}.")
    if len(answer) > 4:
        raise CheckFailed(f"Four layers at most; you have {len(answer)}.")
    if max(strides) > 3:
        raise CheckFailed("A stride above 3 skips pixels that no 3×3 kernel ever sees.")
    side = 28
    for stride in strides:
        side = (side + 2 - 3) // stride + 1
    field = receptive_field(answer)[-1]
    if side < 4:
        raise CheckFailed(
            f"The last map has only {side} × {side} numbers; 4 × 4 at least are wanted."
        )
    if field < 28:
        raise CheckFailed(f"After the last layer a number sees {field} pixels; 28 are wanted.")
    return (
        f"It sees {field} pixels, and {side} × {side} places are left. With stride 1 throughout, "
        f"{len(answer)} such layers see {receptive_field([(3, 1)] * len(answer))[-1]}."
    )


register(
    Exercise(
        name="02.1",
        stub="def output_size(size, kernel, stride, padding):\n    return None  # replace None",
        hint=(
            "The padded image has size + 2 * padding pixels. From the first place the kernel can "
            "be moved on by the rest of them, stride by stride; the first place counts, too."
        ),
        solution=(
            "def output_size(size, kernel, stride, padding):\n"
            "    return (size + 2 * padding - kernel) // stride + 1"
        ),
        check=_output_size,
    )
)
register(
    Exercise(
        name="02.2",
        stub='counts = {"conv_1": None, "conv_2": None, "head": None}  # replace each None',
        hint=(
            "A filter has 3 · 3 weights for each channel of its input, and one bias. Follow the "
            "map's side for the head: 28, 26, 13, 11, ..."
        ),
        solution="""\
counts = {
    "conv_1": 3 * 3 * 1 * 8 + 8,
    "conv_2": 3 * 3 * 8 * 16 + 16,
    "head": 5 * 5 * 16 * 10 + 10,
}""",
        check=_counts,
    )
)
register(
    Exercise(
        name="02.3",
        stub="shift = np.zeros((3, 3))\n# shift[row, column] = ...",
        hint=(
            "One number is 1, all others are 0. If the image moves to the right, each place gets "
            "the pixel that was on its left."
        ),
        solution="shift = np.zeros((3, 3))\nshift[1, 0] = 1",
        check=_shift,
    )
)
register(
    Exercise(
        name="02.4",
        stub="stack = [(3, 1), (3, 1), (3, 1), (3, 1)]  # change the strides",
        hint=(
            "A stride multiplies what all later layers add to the field, so it should come early. "
            "Strides of 2 halve the side of the map: 28, 14, 7, 4, 2."
        ),
        solution="stack = [(3, 2), (3, 2), (3, 2), (3, 1)]",
        check=_stack,
    )
)

register_quiz(
    "02",
    [
        Question(
            "A convolutional layer was built for images of 28 × 28. How many parameters does the "
            "same layer have for images of 56 × 56?",
            [
                Choice(
                    "As many",
                    "The same kernels are used at every place, so the size of the image does not "
                    "matter to them.",
                    right=True,
                ),
                Choice(
                    "Four times as many",
                    "Four times as many is the work, the multiply-adds; and so is the size of the "
                    "feature maps. The kernels stay as they are.",
                ),
                Choice(
                    "Twice as many",
                    "Neither sides nor places come into it: a filter has one weight for each place "
                    "of its kernel and each channel, and a bias.",
                ),
            ],
        ),
        Question(
            "The input has 8 channels. What does one 3 × 3 filter give, and how many weights has "
            "it, apart from its bias?",
            [
                Choice(
                    "8 feature maps, 9 weights",
                    "That is near to a depthwise convolution, which keeps the channels apart, but "
                    "even that has nine weights for each channel.",
                ),
                Choice(
                    "1 feature map, 9 weights",
                    "One map is right; but it looks at all 8 channels, with nine weights for each.",
                ),
                Choice(
                    "1 feature map, 72 weights",
                    "Nine weights for each of 8 channels; all 72 products are added up to one "
                    "number at each place.",
                    right=True,
                ),
            ],
        ),
        Question(
            "Two 3 × 3 convolutions follow each other, with no activation function between. What "
            "can they do that one 5 × 5 convolution cannot?",
            [
                Choice(
                    "They can find more complicated patterns, because they are deeper",
                    "Depth counts only with something between that is not a weighted sum. Section "
                    "4 finds the one kernel that does the same.",
                ),
                Choice(
                    "Nothing",
                    "A weighted sum of weighted sums is a weighted sum. It takes fewer parameters, "
                    "and that is all.",
                    right=True,
                ),
                Choice(
                    "They see more of the image",
                    "Both see 5 × 5 pixels: the second layer adds one pixel on each side.",
                ),
            ],
        ),
        Question(
            "In a deep stack with sigmoids, freshly initialised, which layers hardly learn?",
            [
                Choice(
                    "Those next to the image",
                    "The gradient comes from the output, and each sigmoid on its way multiplies it "
                    "by a quarter at most. The first layers stand at the end of that way.",
                    right=True,
                ),
                Choice(
                    "Those next to the output",
                    "They get the gradient first, when little of it is lost.",
                ),
                Choice(
                    "All of them alike",
                    "The loss of gradient adds up, layer by layer: see the figure of section 5.",
                ),
            ],
        ),
    ],
)
