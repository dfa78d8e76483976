"""The checks at every door: what is welcome, and advice that fits its cause and works."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tlcourse.data import DataError, Examples
from tlcourse.data.validation import (
    check_choice,
    check_count,
    check_fraction,
    check_images,
    check_labels,
    check_path,
    check_seed,
    print_doubts,
)

IMAGES = np.linspace(0, 1, 6 * 784, dtype=np.float32).reshape(6, 28, 28, 1)
LABELS = np.array([0, 1, 2, 0, 1, 2])


def refusal(call, *arguments) -> str:
    """Return the message of a DataError, which must be one short paragraph."""
    with pytest.raises(DataError) as caught:
        call(*arguments)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith((".", "?"))
    assert len(message) < 300
    return message


def follow(check, name: str, value):
    """Do what the messages advise until the check is content; return what it returns."""
    for advice in range(4):
        try:
            result = check(value)
        except DataError as error:
            code = re.search(r"(?:[Tt]ake|with) (\S.*)\.$", str(error))[1]
            value = eval(code, {"np": np, name: value})
        else:
            assert advice, "nothing was refused"
            return result
    raise AssertionError("the advice leads nowhere")


# --------------------------------------------------------------------------- what is welcome


def test_what_fits_is_passed_on_as_it_is():
    examples = Examples(IMAGES, LABELS)
    assert examples.images is IMAGES
    assert examples.labels is LABELS


def test_a_series_is_taken_by_position_whatever_its_index():
    order = np.array([3, 0, 5, 1, 4, 2])
    examples = Examples(IMAGES[order], pd.Series(LABELS, name="digit")[order])
    for part in (examples, examples.take(np.array([1, 3]))):
        levels = np.rint(part.images[:, 0, 0, 0] * 6).astype(int)
        assert part.labels.tolist() == LABELS[levels].tolist()


@pytest.mark.parametrize("kind", ["lists", "tensors", "float64", "small", "nullable", "none"])
def test_other_arrays_become_numpy(kind):
    import tensorflow as tf

    images, labels = {
        "lists": (IMAGES.tolist(), LABELS.tolist()),
        "tensors": (tf.constant(IMAGES), tf.constant(LABELS)),
        "float64": (list(IMAGES.astype(float)), LABELS.astype(np.uint8)),
        "small": (IMAGES.astype(np.float16), LABELS.astype(np.int8)),
        "nullable": (pd.Series(list(IMAGES)), pd.Series(LABELS, dtype="Int64")),
        "none": (IMAGES[:0], []),
    }[kind]
    examples = Examples(images, labels)
    assert (examples.images.dtype, examples.labels.dtype) == (np.float32, np.int64)
    np.testing.assert_allclose(examples.images, IMAGES[: len(labels)], atol=1e-3)
    assert examples.labels.tolist() == LABELS[: len(labels)].tolist()


# --------------------------------------------------------------------- advice that is followed

RGB = np.repeat(IMAGES, 3, axis=-1)
BYTES = np.rint(IMAGES * 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("images", "received", "tolerance"),
    [
        (IMAGES[..., 0], "got (6, 28, 28)", 0),
        (IMAGES.reshape(6, 784), "got (6, 784)", 0),
        (np.moveaxis(IMAGES, -1, 1), "got (6, 1, 28, 28)", 0),
        (RGB, "got (6, 28, 28, 3)", 1e-6),
        (IMAGES[0], "got (28, 28, 1)", 0),
        (IMAGES[0, ..., 0], "got (28, 28)", 0),
        (BYTES, "got uint8 from 0 to 255", 1 / 255),
        (list(BYTES), "got uint8 from 0 to 255", 1 / 255),
        (list(BYTES[..., 0]), "got (6, 28, 28)", 1 / 255),
        (np.rint(IMAGES * 65535).astype(np.uint16), "got uint16 from 0 to 65535", 1e-4),
        (np.rint(IMAGES * 16).astype(int), "got int64 from 0 to 16", 1 / 16),
        (np.rint(IMAGES).astype(int), "got int64 from 0 to 1", 0.5),
        (np.rint(IMAGES) > 0, "got dtype bool", 0.5),
        (IMAGES * 255, "got float32 from 0 to 255", 1e-6),
        (IMAGES * 2 - 1, "got float32 from -1 to 1", 1e-6),
        (np.rint(IMAGES * 2 - 1).astype(np.int8), "got int8 from -1 to 1", 0.5),
        ((IMAGES - 0.13) / 0.31, "got float32 from -0.419355 to 2.80645", 1e-6),
        (IMAGES * 1.04 - 0.02, "got float32 from -0.02 to 1.02", 0.03),
    ],
)
def test_following_the_advice_for_images_works(images, received, tolerance):
    assert received in refusal(check_images, images)
    right = follow(check_images, "images", images)
    np.testing.assert_allclose(right, IMAGES[: len(right)], rtol=0, atol=tolerance)


@pytest.mark.parametrize(
    ("labels", "received"),
    [
        (LABELS[:, None], "shape (6, 1)"),
        (LABELS[None], "shape (1, 6)"),
        (pd.DataFrame({"digit": LABELS}), "shape (6, 1)"),
        (np.ones((6, 1), int), "shape (6, 1)"),
        (np.eye(3, dtype=int)[LABELS], "shape (6, 3)"),
        ((np.eye(3)[LABELS] * 0.9 + 1 / 30).tolist(), "shape (6, 3)"),
        (pd.get_dummies(pd.Series(LABELS)), "shape (6, 3)"),
        (LABELS.astype(np.float32), "dtype float32, like 0.0"),
        (LABELS.astype(float).astype(str), "like '0.0'"),
        (["ant", "bee", "cat", "ant", "bee", "cat"], "like 'ant'"),
        (LABELS + 1, "must lie between 0 and 2; got 3, and 2 of 6"),
    ],
)
def test_following_the_advice_for_labels_works(labels, received):
    def check(values):
        return check_labels(values, 3)

    assert received in refusal(check, labels)
    ones = np.shape(labels) == (6, 1) and np.all(labels == 1)
    expected = np.ones(6) if ones else LABELS
    assert np.array_equal(follow(check, "labels", labels), expected)


def with_pixel(value: float) -> np.ndarray:
    images = IMAGES.copy()
    images[2, 5, 5, 0] = value
    return images


@pytest.mark.parametrize(
    ("images", "labels", "words"),
    [
        (np.zeros((6, 32, 32, 1), np.float32), LABELS, "Resize each image to 28×28"),
        ([IMAGES[0], IMAGES[1, :5]], LABELS[:2], "their shapes differ"),
        (with_pixel(np.nan), LABELS, "1 of 6 images hold NaN or infinity"),
        (with_pixel(-np.inf), LABELS, "1 of 6 images hold NaN or infinity"),
        (IMAGES, LABELS[:4], "6 images and 4 labels"),
        (IMAGES, np.array([0, 1, 2, 0, np.nan, 2]), "1 are missing (NaN)"),
        (IMAGES, LABELS + 0.5, "Give each image the number of its class"),
        (IMAGES, np.tile(LABELS, (6, 1)), "Give each image the number of its class"),
    ],
)
def test_what_no_expression_mends_is_named(images, labels, words):
    assert words in refusal(Examples, images, labels)


@pytest.mark.parametrize("label", [7, -1])
def test_a_label_out_of_range(label):
    message = refusal(check_labels, [0, 1, label], 3, "training labels of toys")
    assert "With 3 classes, training labels of toys must lie between 0 and 2" in message
    assert f"got {label}, and 1 of 3" in message


# ---------------------------------------------------------------------------- implausible data


@pytest.mark.parametrize(
    ("images", "labels", "words"),
    [
        (1 - IMAGES**9, LABELS, "as if ink were black on white"),
        (IMAGES / 255, LABELS, "divided by 255 twice"),
        (IMAGES * (np.arange(6) != 4)[:, None, None, None], LABELS, "1 of 6 images in toys show"),
        (np.ones_like(IMAGES), LABELS, "6 of 6 images in toys show nothing"),
        (IMAGES, 0 * LABELS, "all examples in toys are of one class"),
        (IMAGES, LABELS, ""),
        (IMAGES[:0], LABELS[:0], ""),
    ],
)
def test_a_hint_for_what_is_hardly_meant(images, labels, words, capsys):
    print_doubts(images, labels, "toys")
    shown = capsys.readouterr().out
    assert shown.count("Hint") == bool(words)
    assert words in shown
    if "If so, take" in shown:
        code = re.search(r"If so, take (.*)\.$", shown)[1]
        print_doubts(check_images(eval(code, {"images": images})), labels, "toys")
        assert capsys.readouterr().out == ""


# --------------------------------------------------------------------- names, numbers, paths


@pytest.mark.parametrize(
    ("check", "value", "result"),
    [
        (check_seed, np.int64(3), 3),
        (check_seed, 2**32 - 1, 2**32 - 1),
        (check_seed, 2**32, None),
        (check_seed, -1, None),
        (check_seed, 1.0, None),
        (check_seed, True, None),
        (check_seed, None, None),
        (check_count, 100.0, 100),
        (check_count, np.float32(7), 7),
        (check_count, 0, None),
        (check_count, 1.5, None),
        (check_count, "10", None),
        (check_count, np.nan, None),
        (check_count, True, None),
        (check_fraction, 1, 1.0),
        (check_fraction, np.float32(0.5), 0.5),
        (check_fraction, 1.1, None),
        (check_fraction, np.nan, None),
        (check_fraction, "0.5", None),
    ],
)
def test_numbers(check, value, result):
    arguments = (value,) if check is check_seed else (value, "share")
    if result is None:
        assert f"got {value!r}" in refusal(check, *arguments)
    else:
        assert check(*arguments) == result
        assert type(check(*arguments)) is type(result)


def test_a_slip_in_a_name_is_guessed():
    assert check_choice("mnist", {"mnist", "digits"}, "dataset") == "mnist"
    message = refusal(check_choice, "mnits", ["mnist", "digits"], "dataset")
    assert "no dataset named 'mnits'; choose from mnist, digits" in message
    assert "Did you mean 'mnist'?" in message
    assert "mean" not in refusal(check_choice, 3, ["mnist"], "dataset")


def test_paths(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert check_path("~/digits") == tmp_path / "digits"
    assert check_path(Path("here")) == Path("here")
    for path in (None, 3, "~no-such-user/digits"):
        assert repr(path) in refusal(check_path, path)
