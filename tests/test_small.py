"""The small CNN of notebook 04: its size, and that all regularisation is off unless asked for."""

import keras
import numpy as np
import pytest

from tlcourse.models.small import small_cnn

IMAGES = np.random.default_rng(0).random((8, 28, 28, 1), np.float32)


def kinds(model: keras.Model) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


def test_it_gives_probabilities_of_ten_classes():
    answers = small_cnn()(IMAGES).numpy()
    assert answers.shape == (8, 10)
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize(("units", "n_classes"), [(64, 10), (2, 10), (5, 3)])
def test_its_size_follows_from_its_form(units, n_classes):
    # 28 → 14 → 7 pixels a side; kernels of 5×5 and 3×3, 8 and 16 filters.
    convolutions = (25 * 8 + 8) + (9 * 8 * 16 + 16)
    hidden, head = 7 * 7 * 16 * units + units, units * n_classes + n_classes
    model = small_cnn(units=units, n_classes=n_classes)
    assert model.count_params() == convolutions + hidden + head


def test_nothing_is_on_unless_asked_for():
    model = small_cnn()
    assert not {"Dropout", "BatchNormalization"} & set(kinds(model))
    assert model.losses == []


def test_the_hidden_kernel_stands_where_notebook_04_looks_for_it():
    model = small_cnn()
    np.testing.assert_array_equal(
        model.get_weights()[4], model.get_layer("hidden").get_weights()[0]
    )


@pytest.mark.parametrize(("l1", "l2"), [(1e-4, 0.0), (0.0, 1e-3), (1e-4, 1e-3)])
def test_penalties_are_charged_on_all_kernels_and_on_no_bias(l1, l2):
    model = small_cnn(l1=l1, l2=l2)
    for layer in model.layers:
        if getattr(layer, "bias", None) is not None:
            layer.bias.assign(layer.bias.numpy() + 7)
    kernels = [
        model.get_layer(name).kernel.numpy() for name in ("conv_1", "conv_2", "hidden", "head")
    ]
    by_hand = sum(l1 * np.abs(kernel).sum() + l2 * (kernel**2).sum() for kernel in kernels)
    assert sum(float(price) for price in model.losses) == pytest.approx(by_hand, rel=1e-4)


def test_dropout_changes_answers_in_training_only():
    model = small_cnn(dropout=0.5)
    np.testing.assert_array_equal(model(IMAGES, training=False), model(IMAGES, training=False))
    assert not np.array_equal(model(IMAGES, training=True), model(IMAGES, training=True))
    same = small_cnn()
    np.testing.assert_array_equal(same(IMAGES, training=True), same(IMAGES, training=True))


def test_batch_normalisation_follows_both_convolutions_and_replaces_their_bias():
    model = small_cnn(batch_norm=True)
    assert kinds(model)[1:7] == 2 * ["Conv2D", "BatchNormalization", "ReLU"]
    assert not model.get_layer("conv_1").use_bias
    # Four numbers a channel instead of one.
    assert model.count_params() == small_cnn().count_params() + 3 * (8 + 16)


@pytest.mark.parametrize("wrong", [{"l1": -1e-4}, {"l2": -1.0}, {"dropout": 1.5}])
def test_a_strength_out_of_range_is_refused(wrong):
    with pytest.raises(ValueError, match="Invalid value"):
        small_cnn(**wrong)


def test_the_same_seed_gives_the_same_clone():
    model, clones = small_cnn(), []
    for _ in range(2):
        keras.utils.set_random_seed(3)
        clones.append(keras.models.clone_model(model).get_weights())
    for first, second in zip(*clones, strict=True):
        np.testing.assert_array_equal(first, second)
    assert not np.array_equal(clones[0][0], model.get_weights()[0]), "new weights, not copied ones"
