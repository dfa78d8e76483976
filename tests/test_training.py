"""Training: what the seed decides, what stays, batches, a loss of one's own, and bad input."""

from importlib import import_module

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from bars import bars, same, small_model

from tlcourse.data import DataError, Examples
from tlcourse.methods import batches, random_affine, reset_optimizer, steps_for, train
from tlcourse.methods.augment import strong_affine
from tlcourse.methods.training import (
    CustomTraining,
    _largest_divisor,
    batch_indices,
    stateless_seed,
)
from tlcourse.methods.validation import check_inputs
from tlcourse.models import unfreeze

BARS = bars(90)
SETTINGS = {"steps": 6, "learning_rate": 0.01, "seed": 0}


def trained(model=None, inputs=BARS.images, labels=BARS.labels, **options) -> keras.Model:
    model = model or small_model(batch_normalisation=True)
    train(model, inputs, labels, **SETTINGS | options)
    return model


# --------------------------------------------------------------------------------------- training


@pytest.fixture(scope="module")
def usual() -> keras.Model:
    """Return the model after training with the usual settings."""
    return trained()


def test_one_seed_gives_the_same_weights_to_the_last_bit(usual):
    assert same(trained(seed=np.int64(0)), usual)
    assert not same(trained(seed=1), usual)
    one, other = (trained(augment=True, seed=seed) for seed in (0, 2**32 - 1))
    assert not same(one, other)
    assert not same(one, usual)


def test_learns_and_returns_its_curves():
    epochs = []
    model, plain = small_model(), small_model()
    options = {"steps": 120, "epochs": 4, "learning_rate": 0.02}
    history = train(
        model,
        BARS.images,
        BARS.labels,
        **SETTINGS | options,
        validation=Examples(BARS.images[::-1], BARS.labels[::-1]),
        callbacks=(keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: epochs.append(1)),),
    )
    assert history.keys() == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert [len(curve) for curve in history.values()] == [4] * 4
    assert len(epochs) == 4
    assert history["accuracy"][-1] > 0.95
    assert int(model.optimizer.iterations) == 120
    assert float(model.optimizer.learning_rate) == pytest.approx(0, abs=1e-8)
    assert same(trained(plain, **options), model), "validation data is not trained on"


def test_steps_made_at_once_change_no_weights(monkeypatch):
    weights, asked, compile_ = [], [], keras.Model.compile

    def spy(self, *given, steps_per_execution, **options):
        asked.append(steps_per_execution)
        compile_(self, *given, steps_per_execution=steps_per_execution, **options)

    monkeypatch.setattr(keras.Model, "compile", spy)
    for limit in (6, 1):
        module = import_module("tlcourse.methods.training")
        monkeypatch.setattr(module, "_MAX_STEPS_PER_EXECUTION", limit)
        weights.append(trained(augment=True).get_weights())
    assert asked == [6, 1]
    assert same(*weights)
    for steps, at_once in ((1, 1), (30, 30), (125, 125), (127, 1), (400, 100), (4000, 125)):
        assert _largest_divisor(steps, 125) == at_once


@pytest.mark.parametrize("train_batchnorm", [False, True])
def test_what_is_frozen_stays_with_its_statistics(train_batchnorm):
    model = small_model(batch_normalisation=True)
    unfreeze(model, train_batchnorm=train_batchnorm)
    model.get_layer("hidden").trainable = False
    before = {w.path: w.numpy() for w in model.weights}
    trained(model)
    moved = {w.path.split("/")[-1] for w in model.weights if np.any(w.numpy() != before[w.path])}
    hidden = [w for w in model.weights if w.path.startswith("hidden")]
    assert len(hidden) == 2
    assert all(np.array_equal(w.numpy(), before[w.path]) for w in hidden)
    of_norm = {"gamma", "beta", "moving_mean", "moving_variance"} if train_batchnorm else set()
    assert moved == {"kernel", "bias"} | of_norm


def test_how_many_steps_a_number_of_labels_gets():
    steps = {1: 400, 10: 400, 2560: 400, 6400: 1000, 25_600: 3000, 60_000: 3000}
    assert {labels: steps_for(labels) for labels in steps} == steps


# ------------------------------------------------------------------------------------------ input

FEATURES = BARS.images[:, ::4, ::4, 0].reshape(90, 49)


def head() -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((49,)), keras.layers.Dense(3, "softmax")])


def with_nan(values):
    values = values.copy()
    values[3] = np.nan
    return values


@pytest.mark.parametrize(
    ("model", "inputs", "labels", "options", "message"),
    [
        (small_model, 255 * BARS.images, BARS.labels, {}, "from 0 to 255, take images / 255"),
        (small_model, BARS.images[..., 0], BARS.labels, {}, "Add the channel axis"),
        (small_model, BARS.images, np.eye(3)[BARS.labels], {}, "np.argmax"),
        (small_model, BARS.images, BARS.labels + 1, {}, "numbered from 1: take labels - 1"),
        (small_model, BARS.images, BARS.labels - 1, {}, "between 0 and 2; got -1"),
        (small_model, BARS.images, BARS.labels[:80], {}, "got 90 inputs and 80 labels"),
        (small_model, BARS.images[:0], BARS.labels[:0], {}, "needs labelled examples"),
        (head, FEATURES[:, :9], BARS.labels, {}, r"shape \(n, 49\); got \(90, 9\)"),
        (head, BARS.images, BARS.labels, {}, r"got \(90, 28, 28, 1\)"),
        (head, with_nan(FEATURES), BARS.labels, {}, "NaN or infinite"),
        (head, ["a", "b"], [0, 1], {}, "must be numbers"),
        (head, FEATURES, BARS.labels, {"seed": 2**32}, "from 0 to 4,294,967,295"),
        (head, FEATURES, BARS.labels, {"seed": 0.5}, "whole number"),
        (head, FEATURES, BARS.labels, {"steps": 0}, "steps is a whole number, 1 at least"),
        (head, FEATURES, BARS.labels, {"steps": 5, "epochs": 2}, "Take 4 steps"),
    ],
)
def test_input_that_cannot_be_trained_on_is_refused(model, inputs, labels, options, message):
    model = model()
    before = model.get_weights()
    with pytest.raises(DataError, match=message):
        trained(model, inputs, labels, **options)
    assert same(model, before)


def test_lists_tensors_and_a_shuffled_series_are_taken_by_position():
    series = pd.Series(BARS.labels, index=np.random.default_rng(0).permutation(90))
    assert same(trained(head(), FEATURES, series), trained(head(), FEATURES, BARS.labels))
    for convert in (np.ndarray.tolist, tf.constant, lambda x: x.astype(float) if x.ndim > 1 else x):
        for model, inputs in ((head(), FEATURES), (small_model(), BARS.images)):
            found, labels = check_inputs(model, convert(inputs), convert(BARS.labels))
            assert found.dtype == np.float32
            assert labels.dtype == np.int64
            assert np.array_equal(found, inputs)
            assert np.array_equal(labels, BARS.labels)


# ---------------------------------------------------------------------------------------- batches


def stream(n: int, **options) -> np.ndarray:
    """Return the labels of the batches of n inputs that are their own labels."""
    numbers = np.arange(n)
    labels = []
    for inputs, batch in batches(numbers, numbers, **options):
        assert np.array_equal(inputs, batch)
        labels.append(np.asarray(batch))
    return np.array(labels)


@pytest.mark.parametrize("n", [1, 10, 64, 65, 200])
def test_every_example_comes_once_before_any_comes_again(n):
    size = min(n, 64)
    found = stream(n, steps=12, seed=0)
    expected = batch_indices(np.random.default_rng(0), n, 12, 64)
    assert found.shape == expected.shape == (12, size)
    assert np.array_equal(found, expected)
    in_turn = found.ravel()
    for start in range(0, len(in_turn) - n + 1, n):
        assert sorted(in_turn[start : start + n]) == list(range(n))
    assert not np.array_equal(stream(200, steps=3, seed=1), stream(200, steps=3, seed=2))
    assert np.any(in_turn[:n] != in_turn[n : 2 * n]) or n == 1


def test_each_batch_is_augmented_with_a_seed_of_its_own():
    def augment_fn(inputs, seed):
        return inputs * 0 + seed[0] * 1000 + seed[1]

    numbers = np.arange(70, dtype=np.int32)
    found = batches(numbers, numbers, steps=4, seed=7, augment_fn=augment_fn)
    values = [set(np.asarray(inputs).tolist()) for inputs, _ in found]
    assert values == [{7000}, {7001}, {7002}, {7003}]
    with pytest.raises(DataError, match="got 70 inputs and 69 labels"):
        batches(numbers, numbers[1:], steps=4, seed=7)


# ---------------------------------------------------------------------------- a loss of one's own


def custom(model: keras.Model, **options) -> CustomTraining:
    def loss_fn(images, labels):
        losses = keras.losses.sparse_categorical_crossentropy(labels, model(images, training=True))
        return tf.reduce_mean(losses)

    settings = {"learning_rate": SETTINGS["learning_rate"], "steps": SETTINGS["steps"]}
    return CustomTraining(loss_fn, model.trainable_variables, **settings, **options)


def test_the_custom_training_is_that_of_keras_and_begins_anew_each_time():
    model, steps, seen = small_model(), [], []
    training = custom(model, after_step=lambda images, labels: seen.append(images.shape))
    order = list(batches(BARS.images, BARS.labels, steps=6, seed=0))
    for _ in range(2):
        model.set_weights(small_model().get_weights())
        training.run(order, steps.append)
    assert steps == [0, 1, 2, 3, 4, 5, 6] * 2
    assert seen == [(64, 28, 28, 1)], "traced once"
    for one, other in zip(model.get_weights(), trained(small_model()).get_weights(), strict=True):
        assert np.allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("rule", ["momentum", "adam", "cosine"])
def test_after_a_reset_training_is_the_first_again(rule):
    optimizer = {
        "momentum": lambda: keras.optimizers.SGD(0.01, momentum=0.9),
        "adam": lambda: keras.optimizers.Adam(0.01),
        "cosine": lambda: keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.01, 8)),
    }[rule]()
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile(optimizer, loss="mse")
    start, rng = model.get_weights(), np.random.default_rng(0)
    x, y = rng.normal(size=(8, 3)).astype("float32"), rng.normal(size=(8, 2)).astype("float32")
    ends = []
    for _ in range(2):
        model.set_weights(start)
        reset_optimizer(optimizer)
        model.fit(x, y, batch_size=2, epochs=2, shuffle=False, verbose=0)
        ends.append(model.get_weights())
    assert same(*ends)
    assert not same(start, ends[0])
    if rule != "cosine":
        assert float(optimizer.learning_rate) == pytest.approx(0.01)


# ----------------------------------------------------------------------------------- augmentation

# A letter F with a thick stem: no rotation makes it look like its mirror image.
F = np.zeros((28, 28, 1), np.float32)
F[5:23, 8:11] = F[5:8, 8:20] = F[12:15, 8:17] = 1
COPIES = np.repeat(F[None], 200, axis=0)
NOTHING = {"rotation": 0.0, "shear": 0.0, "zoom": 0.0, "shift": 0.0}


def augmented(images=COPIES, seed=(0, 0), **amounts) -> np.ndarray:
    return np.asarray(random_affine(images, seed, **amounts))


def test_augmentation_depends_on_its_seed_alone_and_differs_from_image_to_image():
    found = augmented()
    assert np.array_equal(found, augmented())
    for seed in ((0, 1), (1, 0), stateless_seed(2**32 - 1, 0)):
        assert not np.array_equal(found, augmented(seed=seed))
    assert np.array_equal(augmented(seed=stateless_seed(1, 0)), augmented(seed=(1, 0)))
    assert len({image.tobytes() for image in found}) == len(COPIES)
    assert found.shape == COPIES.shape
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 1 + 1e-6
    assert np.allclose(augmented(BARS.images, **NOTHING), BARS.images, atol=1e-5)


def test_never_mirrored():
    """Each changed F is more like the F than like its mirror image or itself upside down."""
    found = augmented(shift=0.0).reshape(len(COPIES), -1)
    upright, mirrored, upside_down = (found @ shape.ravel() for shape in (F, F[:, ::-1], F[::-1]))
    assert np.all(upright > mirrored)
    assert np.all(upright > upside_down)


def centres(images: np.ndarray) -> np.ndarray:
    """Return how far the centres of mass are from that of F, shape (n, 2), row and column."""
    places = np.indices((28, 28)).reshape(2, -1)
    ink = np.concatenate([F[None], images]).reshape(len(images) + 1, -1)
    found = ink @ places.T / ink.sum(axis=1, keepdims=True)
    return found[1:] - found[0]


def slants(images: np.ndarray) -> np.ndarray:
    """Return the slant of a vertical bar: horizontal pixels for each row."""
    rows = np.arange(8, 20)
    ink = images[..., 0][:, rows]
    return np.polyfit(rows, (ink @ np.arange(28) / ink.sum(axis=2)).T, 1)[0]


def zooms(images: np.ndarray) -> np.ndarray:
    """Return the logarithms of width and height of a square of 12 pixels, shape (n, 2)."""
    sides = [images.max(axis=axis)[..., 0].sum(axis=1) / 12 for axis in (1, 2)]
    return np.log(np.stack(sides, axis=1))


BAR, SQUARE = np.zeros((2, 200, 28, 28, 1), np.float32)
BAR[:, 3:25, 13:15] = 1
SQUARE[:, 8:20, 8:20] = 1


@pytest.mark.parametrize(
    ("kind", "amount", "images", "measure", "largest", "reached"),
    [
        ("shift", 2.0, COPIES, centres, 2.05, 1.8),
        ("rotation", 0.2, BAR, slants, 0.21, 0.18),
        ("shear", 0.2, BAR, slants, 0.21, 0.18),
        ("zoom", 0.15, SQUARE, zooms, 0.19, 0.1),  # soft edges count a little
    ],
)
def test_amounts_are_reached_both_ways_and_not_passed(
    kind, amount, images, measure, largest, reached
):
    found = measure(augmented(images, **NOTHING | {kind: amount}))
    assert np.abs(found).max() < largest
    assert np.all(found.min(axis=0) < -reached)
    assert np.all(found.max(axis=0) > reached)


def test_the_strong_augmentation_is_stronger():
    weak, strong = (np.asarray(fn(BARS.images, (0, 0))) for fn in (random_affine, strong_affine))
    assert np.abs(strong - BARS.images).mean() > 1.05 * np.abs(weak - BARS.images).mean()
