"""Convolution by hand against Keras and SciPy; LeNet-5, costs of networks."""

import keras
import numpy as np
import pytest

from tlcourse.data import DataError
from tlcourse.models import build_base
from tlcourse.models.convolution import ACTIVATIONS, KERNELS, activate, convolve, pool
from tlcourse.models.costs import Cost, cost_of, count_macs

RNG = np.random.default_rng(0)
IMAGE = RNG.random((11, 13), dtype=np.float32)

# ---------------------------------------------------------------------------------- convolution


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_convolve_is_what_keras_calls_convolution(size, stride):
    kernel = RNG.normal(size=(size, size)).astype(np.float32)
    expected = keras.ops.conv(IMAGE[None, ..., None], kernel[..., None, None], strides=stride)
    found = convolve(IMAGE, kernel, stride)
    np.testing.assert_allclose(found, np.asarray(expected)[0, ..., 0], atol=1e-5)


@pytest.mark.parametrize("size", [3, 5])
def test_padding_by_half_a_kernel_is_same_with_stride_1(size):
    kernel = RNG.normal(size=(size, size)).astype(np.float32)
    expected = keras.ops.conv(IMAGE[None, ..., None], kernel[..., None, None], padding="same")
    found = convolve(IMAGE, kernel, padding=size // 2)
    assert found.shape == IMAGE.shape
    np.testing.assert_allclose(found, np.asarray(expected)[0, ..., 0], atol=1e-5)


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (1, 2), (2, 1), (3, 2), (5, 0)])
def test_the_size_is_that_of_the_formula(stride, padding):
    rows, columns = convolve(IMAGE, KERNELS["blur"], stride, padding).shape
    assert rows == (11 + 2 * padding - 3) // stride + 1
    assert columns == (13 + 2 * padding - 3) // stride + 1


def test_kernels_do_what_they_are_called():
    np.testing.assert_array_equal(convolve(IMAGE, KERNELS["unchanged"], padding=1), IMAGE)
    assert (
        np.ptp(convolve(IMAGE, KERNELS["blur"]))
        < np.ptp(IMAGE)
        < np.ptp(convolve(IMAGE, KERNELS["sharpen"]))
    )
    sums = {name: float(kernel.sum()) for name, kernel in KERNELS.items()}
    assert [sums[name] for name in ("unchanged", "blur", "sharpen")] == [1, 1, 1]
    assert [sums[name] for name in ("vertical edges", "horizontal edges", "outline")] == [0, 0, 0]
    bright_on_the_right = np.array([[0, 0, 0, 1, 1, 1]] * 6, dtype=np.float32)
    assert convolve(bright_on_the_right, KERNELS["vertical edges"]).max() == 3
    assert not convolve(bright_on_the_right, KERNELS["horizontal edges"]).any()


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (lambda: pool(IMAGE[..., None], 3), "must have one channel"),
        (lambda: pool(IMAGE, 12), "must fit into the image; got a side of 12"),
        (lambda: pool(IMAGE, 0), "got a side of 0"),
        (lambda: pool(IMAGE, 3, 0), "stride must be 1 or more"),
        (lambda: convolve(IMAGE[:3, :3], np.ones((5, 5))), "pad the image"),
        (lambda: convolve(IMAGE, np.ones((3, 5))), "must be square"),
        (lambda: convolve(IMAGE, np.ones((3, 3, 1, 1))), r"kernel\[:, :, 0, 0\]"),
        (lambda: pool(IMAGE, how="least"), "choose from max, average"),
        (lambda: activate("relu", 0.0), "choose from sigmoid, tanh, ReLU"),
    ],
)
def test_bad_input_is_told(bad, said):
    with pytest.raises(DataError, match=said):
        bad()


# -------------------------------------------------------------- pooling, activations


@pytest.mark.parametrize("how", ["max", "average"])
@pytest.mark.parametrize(("size", "stride"), [(2, None), (3, 1), (2, 3)])
def test_pool_is_what_keras_calls_pooling(how, size, stride):
    function = keras.ops.max_pool if how == "max" else keras.ops.average_pool
    expected = function(IMAGE[None, ..., None], size, stride or size, padding="valid")
    found = pool(IMAGE, size, stride, how)
    np.testing.assert_allclose(found, np.asarray(expected)[0, ..., 0], atol=1e-6)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_are_those_of_keras_and_gradients_are_slopes(name):
    x = np.array([-30.0, -2.5, -0.1, 0.3, 4.0, 30.0])
    y, gradient = activate(name, x)
    np.testing.assert_allclose(y, np.asarray(getattr(keras.ops, name.lower())(x)), atol=1e-6)
    step = 1e-5
    slope = (activate(name, x + step)[0] - activate(name, x - step)[0]) / (2 * step)
    np.testing.assert_allclose(gradient, slope, atol=1e-6)


def test_relu_has_the_gradient_0_at_0():
    assert activate("ReLU", 0.0) == (0, 0)


# -------------------------------------------------------------------------- networks and costs


def one(*layers, shape=(8, 8, 4)) -> keras.Model:
    return keras.Sequential([keras.Input(shape), *layers])


@pytest.mark.parametrize(
    ("layer", "macs"),
    [
        (keras.layers.Conv2D(6, 3), 6 * 6 * 9 * 4 * 6),
        (keras.layers.Conv2D(6, 3, strides=2, padding="same", use_bias=False), 16 * 9 * 4 * 6),
        (keras.layers.Conv2D(6, 3, groups=2), 6 * 6 * 9 * 2 * 6),
        (keras.layers.DepthwiseConv2D(3), 6 * 6 * 9 * 4),
        (keras.layers.Dense(5), 64 * 4 * 5),  # at each place
        (keras.layers.MaxPooling2D(2), 0),
        (keras.layers.BatchNormalization(), 0),
        (keras.layers.ReLU(), 0),
    ],
)
def test_macs_of_one_layer(layer, macs):
    assert count_macs(one(layer)) == macs


def test_models_inside_a_model_are_counted():
    inner = one(keras.layers.Conv2D(6, 3))
    images = keras.Input((8, 8, 4))
    outer = keras.Model(images, keras.layers.Conv2D(1, 1)(inner(images)))
    assert count_macs(outer) == count_macs(inner) + 6 * 6 * 6


def test_layers_that_would_be_missed_are_told():
    with pytest.raises(DataError, match="SeparableConv2D"):
        count_macs(one(keras.layers.SeparableConv2D(6, 3)))
    with pytest.raises(DataError, match="no fixed size"):
        count_macs(one(keras.layers.Conv2D(6, 3), shape=(None, None, 4)))


def test_cost_counts_as_for_a_model_with_values():
    model = build_base()
    assert cost_of(build_base) == Cost(model.count_params(), count_macs(model))


@pytest.mark.parametrize(
    ("name", "cost"),
    [
        # Counted by hand from the tables of the papers; VGG16 and ResNet50 as in Keras.
        ("VGG16", Cost(138_357_544, 15_470_264_320)),
        ("ResNet50", Cost(25_636_712, 3_857_973_248)),
        ("MobileNetV2", Cost(3_538_984, 300_774_272)),
    ],
)
def test_costs_of_known_networks(name, cost):
    assert cost_of(lambda: getattr(keras.applications, name)(weights=None)) == cost


def test_cost_gives_no_weight_a_value_now_or_later():
    made = []

    def initial(shape, dtype=None):
        made.append(shape)
        return keras.ops.zeros(shape, dtype)

    def build():
        return one(keras.layers.Dense(10, kernel_initializer=initial))

    assert cost_of(build).parameters == 50
    with keras.StatelessScope():  # at its end Keras gives values to all that wait for some
        pass
    assert made == []
    build()
    assert made == [(4, 10)]


def test_an_error_of_build_is_heard():
    def build():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cost_of(build)
    assert build_base().built  # and Keras makes variables with values again
    assert np.isfinite(build_base().get_weights()[0]).all()
