"""The training loop: seeds, what is trained and what stays, batches, augmentation."""

from importlib import import_module

import keras
import numpy as np
import pytest

from tlcourse.data import DataError, Examples
from tlcourse.methods import batches, random_affine, reset_optimizer, steps_for, train
from tlcourse.methods.training import _largest_divisor
from tlcourse.models import add_head, build_base, unfreeze

# A task of three classes: a bar at the top, in the middle or at the bottom, in noise.
RNG = np.random.default_rng(0)
LABELS = np.arange(90) % 3
IMAGES = (RNG.random((90, 28, 28, 1)) * 0.3).astype(np.float32)
for image, label in zip(IMAGES, LABELS, strict=True):
    image[4 + 8 * label : 8 + 8 * label, 4:24] = 1


def make(seed: int = 0) -> keras.Model:
    keras.utils.set_random_seed(seed)
    return add_head(build_base(), 3)


def trained(model: keras.Model | None = None, seed: int = 0, **options) -> keras.Model:
    model = model or make()
    settings = {"steps": 6, "learning_rate": 1e-3, "seed": seed} | options
    train(model, IMAGES, LABELS, **settings)
    return model


def same(one: list, other: list) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


# --------------------------------------------------------------------------------------- training


@pytest.fixture(scope="module")
def usual() -> list:
    """Return the weights after training with the usual settings."""
    return trained().get_weights()


def test_one_seed_gives_the_same_weights_to_the_last_bit(usual):
    assert same(trained().get_weights(), usual)
    one, again, other = (trained(augment=True, seed=seed).get_weights() for seed in (0, 0, 1))
    assert same(one, again)
    assert not same(one, other)
    assert not same(one, usual)


def test_learns_and_keeps_its_curves():
    seen = []
    history = train(
        model := make(),
        IMAGES,
        LABELS,
        steps=40,
        epochs=4,
        learning_rate=1e-3,
        seed=0,
        validation=Examples(IMAGES, LABELS),
        callbacks=(keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: seen.append(1)),),
    )
    assert history.keys() == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert [len(curve) for curve in history.values()] == [4] * 4
    assert len(seen) == 4
    assert history["accuracy"][-1] > 0.95
    assert int(model.optimizer.iterations) == 40
    assert float(model.optimizer.learning_rate) == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("augment", [False, True])
def test_updates_made_at_once_change_no_weights(monkeypatch, augment):
    module = import_module("tlcourse.methods.training")
    found, compiled, compile_ = [], [], keras.Model.compile

    def watched(self, *given, steps_per_execution, **options):
        compiled.append(steps_per_execution)
        compile_(self, *given, steps_per_execution=steps_per_execution, **options)

    monkeypatch.setattr(keras.Model, "compile", watched)
    for limit in (6, 1):
        monkeypatch.setattr(module, "_AT_ONCE", limit)
        found.append(trained(augment=augment).get_weights())
    assert compiled == [6, 1]
    assert same(*found)


@pytest.mark.parametrize(
    ("steps", "at_once"),
    [(1, 1), (6, 6), (30, 30), (125, 125), (127, 1), (400, 100), (1000, 125), (4000, 125)],
)
def test_the_updates_are_shared_equally(steps, at_once):
    assert _largest_divisor(steps, 125) == at_once


def test_validation_is_not_trained_on(usual):
    validation = Examples(IMAGES[::-1].copy(), LABELS)
    assert same(trained(validation=validation).get_weights(), usual)


def test_a_frozen_base_stays_and_an_unfrozen_one_moves():
    model = make()
    base = model.get_layer("base")
    start = base.get_weights()
    head = model.get_layer("head").get_weights()
    base.trainable = False
    trained(model)
    assert same(base.get_weights(), start)  # batch normalisation's statistics too
    assert not same(model.get_layer("head").get_weights(), head)
    base.trainable = True
    trained(model)
    assert not any(np.array_equal(a, b) for a, b in zip(base.get_weights(), start, strict=True))


@pytest.mark.parametrize("train_batchnorm", [False, True])
def test_batch_normalisation_keeps_its_statistics_only_when_frozen(train_batchnorm):
    model = make()
    base = model.get_layer("base")
    unfreeze(base, train_batchnorm=train_batchnorm)

    def values(*endings):
        return [w.numpy() for w in base.weights if w.path.endswith(endings)]

    kinds = (("moving_mean", "moving_variance"), ("gamma", "beta"), ("kernel",))
    before = [values(*kind) for kind in kinds]
    assert [len(group) for group in before] == [10, 10, 5]
    trained(model)
    stayed = [same(values(*kind), group) for kind, group in zip(kinds, before, strict=True)]
    assert stayed == [not train_batchnorm, not train_batchnorm, False]


@pytest.mark.parametrize("label", [3, -1])
def test_a_label_without_an_output(label):
    labels = LABELS.copy()
    labels[5] = label
    with pytest.raises(DataError, match=f"With 3 classes, .* between 0 and 2; got {label}"):
        train(make(), IMAGES, labels, steps=1, learning_rate=1e-3, seed=0)


@pytest.mark.parametrize(
    ("labels", "steps"),
    [(1, 400), (10, 400), (2560, 400), (6400, 1000), (25_600, 3000), (60_000, 3000)],
)
def test_updates(labels, steps):
    assert steps_for(labels) == steps


# ---------------------------------------------------------------------------------------- batches


def drawn(n: int, **options) -> list[np.ndarray]:
    """Return the batches of n inputs that are their own labels."""
    numbers = np.arange(n)
    found = []
    for inputs, labels in batches(numbers, numbers, **options):
        assert np.array_equal(inputs, labels)
        found.append(np.asarray(labels))
    return found


@pytest.mark.parametrize("n", [65, 100, 128, 200])
def test_every_example_comes_once_before_any_comes_again(n):
    found = drawn(n, steps=12, seed=0)
    assert [len(batch) for batch in found] == [64] * 12
    stream = np.concatenate(found)
    for start in range(0, len(stream) - n, n):
        assert sorted(stream[start : start + n]) == list(range(n))
    assert len(np.unique(stream[:n])) == len(stream[:n])
    assert stream[:n].tolist() != stream[n : 2 * n].tolist()


@pytest.mark.parametrize("n", [1, 10, 64])
def test_few_examples_come_all_at_once(n):
    found = drawn(n, steps=5, seed=0)
    assert len(found) == 5
    assert all(sorted(batch) == list(range(n)) for batch in found)


def test_the_seed_chooses_the_order():
    def stream(seed):
        return np.concatenate(drawn(100, steps=5, seed=seed)).tolist()

    assert stream(0) == stream(0)
    assert stream(0) != stream(1)


def test_each_batch_is_changed_with_a_seed_of_its_own():
    def augment_fn(inputs, seed):
        return inputs * 0 + seed[0] * 1000 + seed[1]

    numbers = np.arange(70, dtype=np.int32)
    found = batches(numbers, numbers, steps=4, seed=7, augment_fn=augment_fn)
    assert [set(np.asarray(inputs).tolist()) for inputs, _ in found] == [
        {7000}, {7001}, {7002}, {7003}
    ]  # fmt: skip


# ----------------------------------------------------------------------------------- augmentation

# A letter F with a thick stem: no turn makes it look like its mirror image.
F = np.zeros((28, 28, 1), np.float32)
F[5:23, 8:11] = F[5:8, 8:20] = F[12:15, 8:17] = 1
COPIES = np.repeat(F[None], 200, axis=0)
NOTHING = {"rotation": 0.0, "shear": 0.0, "zoom": 0.0, "shift": 0.0}


def changed(images=COPIES, seed=(0, 0), **amounts) -> np.ndarray:
    return np.asarray(random_affine(images, seed, **amounts))


def centres(images) -> np.ndarray:
    """Return the centres of mass, shape (n, 2), row and column."""
    places = np.indices((28, 28)).reshape(2, -1)
    ink = images.reshape(len(images), -1)
    return ink @ places.T / ink.sum(axis=1, keepdims=True)


def test_augmentation_depends_on_its_seed_alone():
    assert np.array_equal(changed(), changed())
    for seed in ((0, 1), (1, 0)):
        assert not np.array_equal(changed(), changed(seed=seed))


def test_augmentation_keeps_form_and_range():
    found = changed(IMAGES)
    assert found.shape == IMAGES.shape
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 1 + 1e-6


def test_every_image_changes_in_its_own_way():
    assert len({image.tobytes() for image in changed()}) == len(COPIES)


def test_amounts_of_zero_change_nothing():
    assert np.allclose(changed(IMAGES, **NOTHING), IMAGES, atol=1e-5)


def test_never_mirrored():
    """Each changed F is more like the F than like its mirror image or itself upside down."""
    found = changed(shift=0.0).reshape(len(COPIES), -1)
    upright, mirrored, upside_down = (found @ shape.ravel() for shape in (F, F[:, ::-1], F[::-1]))
    assert np.all(upright > mirrored)
    assert np.all(upright > upside_down)


def test_shift_is_in_pixels():
    moves = centres(changed(**NOTHING | {"shift": 2.0})) - centres(F[None])
    assert np.all(np.abs(moves) < 2.05)
    assert np.all(moves.min(axis=0) < -1.8)
    assert np.all(moves.max(axis=0) > 1.8)


def angles(images) -> np.ndarray:
    """Return the slant of a vertical bar: horizontal pixels for each row."""
    rows = np.arange(8, 20)
    columns = np.stack([image[rows, :, 0] @ np.arange(28) / image[rows].sum(axis=(1, 2))
                        for image in images])  # fmt: skip
    return np.polyfit(rows, columns.T, 1)[0]


@pytest.mark.parametrize("kind", ["rotation", "shear"])
def test_a_vertical_bar_leans_both_ways_up_to_the_limit(kind):
    bar = np.zeros((200, 28, 28, 1), np.float32)
    bar[:, 3:25, 13:15] = 1
    slants = angles(changed(bar, **NOTHING | {kind: 0.2}))
    assert np.abs(slants).max() < 0.21
    assert slants.min() < -0.18
    assert slants.max() > 0.18


def test_zoom_is_a_logarithm():
    square = np.zeros((200, 28, 28, 1), np.float32)
    square[:, 8:20, 8:20] = 1
    found = changed(square, **NOTHING | {"zoom": 0.15})
    for axis in (1, 2):
        sides = found.max(axis=axis)[..., 0].sum(axis=1) / 12
        assert np.abs(np.log(sides)).max() < 0.19  # soft edges count a little
        assert sides.min() < 0.9
        assert sides.max() > 1.1


def test_updates_must_divide_into_epochs():
    with pytest.raises(ValueError, match="multiple of epochs; got 5 and 2"):
        train(make(), IMAGES, LABELS, steps=5, epochs=2, learning_rate=1e-3, seed=0)


@pytest.mark.parametrize("rule", ["sgd", "momentum", "rmsprop", "adam", "cosine"])
def test_after_a_reset_training_is_the_first_again(rule):
    rates = keras.optimizers.schedules.CosineDecay(0.01, 8)
    optimizer = {
        "sgd": keras.optimizers.SGD(0.01),
        "momentum": keras.optimizers.SGD(0.01, momentum=0.9),
        "rmsprop": keras.optimizers.RMSprop(0.01),
        "adam": keras.optimizers.Adam(0.01),
        "cosine": keras.optimizers.Adam(rates),
    }[rule]
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile(optimizer, loss="mse", jit_compile=False)
    start, rng = model.get_weights(), np.random.default_rng(0)
    x, y = rng.normal(size=(8, 3)).astype("float32"), rng.normal(size=(8, 2)).astype("float32")
    ends = []
    for _ in range(2):
        model.set_weights(start)
        reset_optimizer(optimizer)
        model.fit(x, y, batch_size=2, epochs=2, shuffle=False, verbose=0)
        ends.append(model.get_weights())
    for first, second in zip(*ends, strict=True):
        np.testing.assert_array_equal(first, second)
    assert not np.array_equal(start[0], ends[0][0])
    if rule != "cosine":
        assert float(optimizer.learning_rate) == pytest.approx(0.01)
