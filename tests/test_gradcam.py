"""Grad-CAM on networks small enough to know the right map; and what it says to misuse."""

import keras
import numpy as np
import pytest

from tlcourse.data import DataError
from tlcourse.models.gradcam import grad_cam

LEFT = np.zeros((1, 28, 28, 1), np.float32)
LEFT[:, :, :14] = 1  # ink in the left half


def network(kernel, bias, head, **layer) -> keras.Model:
    """Return 1×1 filters, each map averaged, and a head: images to probabilities."""
    kernel, head = np.array(kernel, np.float32), np.array(head, np.float32)
    images = keras.Input((28, 28, 1))
    convolution = keras.layers.Conv2D(len(kernel), 1, name="maps", **layer)
    vector = keras.layers.GlobalAveragePooling2D(name="means")(convolution(images))
    dense = keras.layers.Dense(head.shape[1], activation="softmax", name="head")
    model = keras.Model(images, dense(vector))
    convolution.set_weights([kernel.reshape(1, 1, 1, -1), np.array(bias, np.float32)])
    dense.set_weights([head, np.zeros(head.shape[1], np.float32)])
    return model


@pytest.fixture
def halves() -> keras.Model:
    """Class 0 looks at ink, class 1 at its absence, and nothing speaks for class 2."""
    return network([1, -1], [0, 1], [[1, 0, -1], [0, 1, -1]])


def test_each_class_is_found_where_its_filter_answers(halves):
    ink, paper = grad_cam(halves, np.repeat(LEFT, 2, axis=0), "maps", class_=np.array([0, 1]))
    np.testing.assert_allclose(ink, LEFT[0, ..., 0], atol=1e-6)
    np.testing.assert_allclose(paper, 1 - LEFT[0, ..., 0], atol=1e-6)


def test_what_speaks_against_a_class_is_left_out(halves):
    assert not grad_cam(halves, LEFT, "maps", class_=2).any()


def test_the_predicted_class_is_asked_for_if_none_is_given(halves):
    full = np.ones((1, 28, 28, 1), np.float32)
    images = np.concatenate([full, 0 * full])
    assert np.asarray(halves(images)).argmax(axis=1).tolist() == [0, 1]
    by_default = grad_cam(halves, images, "maps")
    np.testing.assert_array_equal(by_default, grad_cam(halves, images, "maps", np.array([0, 1])))


def test_it_is_the_formula_of_the_paper():
    rng = np.random.default_rng(0)
    kernel, bias, head = rng.normal(size=4), rng.normal(size=4), rng.normal(size=(4, 3))
    images = rng.random((5, 28, 28, 1), np.float32)
    found = grad_cam(network(kernel, bias, head), images, "maps", class_=1)
    # The gradient of a class's score is the same at every place: its head's weight.
    maps = images * kernel + bias
    expected = np.maximum((maps * head[:, 1]).sum(axis=-1), 0)
    tops = expected.max(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(found, expected / np.where(tops > 0, tops, 1), atol=1e-4)
    assert found.dtype == np.float32


def test_it_does_not_fade_where_the_network_is_sure():
    sure = network([1, -1], [0, 1], [[500, 0], [0, 500]])
    full = np.ones((1, 28, 28, 1), np.float32)
    assert float(np.asarray(sure(full)).max()) == 1
    assert grad_cam(sure, full, "maps").min() == pytest.approx(1)


def test_a_frozen_network_has_maps_too(halves):
    before = grad_cam(halves, LEFT, "maps", 0)
    halves.trainable = False
    np.testing.assert_array_equal(grad_cam(halves, LEFT, "maps", 0), before)


def test_small_maps_are_enlarged_to_the_image():
    small = network([1, -1], [0, 1], [[1, 0], [0, 1]], strides=4)
    heat = grad_cam(small, LEFT, "maps", class_=0)
    assert heat.shape == (1, 28, 28)
    assert heat[0, :, :8].min() == pytest.approx(1)
    assert heat[0, :, 20:].max() == pytest.approx(0)


def test_it_works_on_a_sequential_network_before_and_after_a_file(tmp_path):
    keras.utils.set_random_seed(0)
    layers = keras.layers
    parts = [layers.Conv2D(3, 5, activation="relu", name="maps"), layers.Flatten()]
    model = keras.Sequential(
        [keras.Input((28, 28, 1)), *parts, layers.Dense(10, activation="softmax")]
    )
    images = np.random.default_rng(0).random((4, 28, 28, 1), np.float32)
    maps = grad_cam(model, images, "maps")
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(grad_cam(loaded, images, "maps"), maps, atol=1e-5)
    assert maps.min() >= 0
    assert maps.max() == 1


def test_misuse_is_told(halves):
    with pytest.raises(DataError, match=r"no feature maps in a layer named 'means'; .* in maps"):
        grad_cam(halves, LEFT, "means")
    with pytest.raises(DataError, match="named 'conv_9'"):
        grad_cam(halves, LEFT, "conv_9")
    with pytest.raises(DataError, match="from 0 to 2; got 3 to 3"):
        grad_cam(halves, LEFT, "maps", class_=3)
    with pytest.raises(DataError, match="one for each of the 1 images"):
        grad_cam(halves, LEFT, "maps", class_=np.array([0, 1]))
    with pytest.raises(DataError, match=r"\(n, 28, 28, 1\)"):
        grad_cam(halves, LEFT[0], "maps")
    headless = keras.Model(halves.inputs, halves.get_layer("means").output)
    with pytest.raises(DataError, match="must end with a dense softmax layer"):
        grad_cam(headless, LEFT, "maps")
