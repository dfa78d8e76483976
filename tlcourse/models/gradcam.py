"""Grad-CAM: where in an image a network finds what speaks for a class."""

import keras
import numpy as np
import tensorflow as tf

from tlcourse.data.dataset import check_images
from tlcourse.data.errors import DataError


def grad_cam(
    model: keras.Model,
    images: np.ndarray,
    layer: str,
    class_: int | np.ndarray | None = None,
) -> np.ndarray:
    """Return for each image a map of how much each place speaks for a class.

    The feature maps of a convolution are added up, each weighted by the mean gradient of the
    class's score with respect to it; what is negative is set to 0. The score is what enters
    softmax, not the probability, whose gradient vanishes where the network is confident.

    Args:
        model: ends with a dense softmax layer.
        images: float32, shape ``(n, 28, 28, 1)``, 0 to 1.
        layer: name of a layer with feature maps, best the last convolution.
        class_: the class, or one for each image, shape ``(n,)``; the predicted ones if None.

    Returns:
        float32 array of shape ``(n, 28, 28)``. The highest place of each map is 1; a map in
        which nothing speaks for the class is 0 everywhere.

    Raises:
        DataError: images of another form, a layer without feature maps, a model that does not
            end with a dense softmax layer, or a class that it does not have.

    Reference:
        Selvaraju et al. (2017), "Grad-CAM: visual explanations from deep networks via
        gradient-based localization".
    """
    images = check_images(images)
    network = _with_maps(model, layer)
    inputs = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape:
        tape.watch(inputs)  # else a frozen model would record nothing
        maps, scores = network(inputs, training=False)
        classes = _classes(class_, scores)
        of_class = tf.gather(scores, classes, batch_dims=1)
    weights = tf.reduce_mean(tape.gradient(of_class, maps), axis=(1, 2), keepdims=True)
    cam = tf.nn.relu(tf.reduce_sum(weights * maps, axis=-1, keepdims=True))
    cam = tf.image.resize(cam, images.shape[1:3], method="bilinear")[..., 0].numpy()
    highest = cam.max(axis=(1, 2), keepdims=True)
    return np.divide(cam, highest, out=np.zeros_like(cam), where=highest > 0)


def _with_maps(model: keras.Model, layer: str) -> keras.Model:
    """Return a model from images to the feature maps of ``layer`` and the scores of the classes."""
    inner = [x for x in model.layers if not isinstance(x, keras.layers.InputLayer)]
    names = [x.name for x in inner if len(getattr(x.output, "shape", ())) == 4]
    if layer not in names:
        raise DataError(
            f"{model.name} has no feature maps in a layer named {layer!r}; it has them in "
            f"{', '.join(names) or 'none'}."
        )
    head = model.layers[-1]
    if not isinstance(head, keras.layers.Dense) or head.activation is not keras.activations.softmax:
        raise DataError(
            f"Grad-CAM needs the scores that enter softmax, so {model.name} must end with a dense "
            f"softmax layer; it ends with {head.name!r}."
        )
    # The same weights as the head's, without its softmax.
    linear = keras.layers.Dense(head.units, use_bias=head.use_bias, name="scores")
    maps, last = _on_the_way(model, layer)
    scores = linear(last)
    linear.set_weights(head.get_weights())
    return keras.Model(model.inputs[0], [maps, scores])


def _on_the_way(model: keras.Model, layer: str) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Return the output of ``layer`` and the input of the head."""
    if not isinstance(model, keras.Sequential):
        return model.get_layer(layer).output, model.layers[-1].input
    # A Sequential that grew layer by layer has called its layers more than once, and each of them
    # remembers its first call only: those need not belong together. So call them once more.
    x, outputs = model.inputs[0], {}
    for each in model.layers[:-1]:
        x = outputs[each.name] = each(x)
    return outputs[layer], x


def _classes(class_: int | np.ndarray | None, scores: tf.Tensor) -> tf.Tensor:
    """Return one class for each image."""
    n, n_classes = scores.shape
    if class_ is None:
        return tf.argmax(scores, axis=1)
    classes = np.asarray(class_)
    if classes.shape not in ((), (n,)) or classes.dtype.kind not in "iu":
        raise DataError(
            f"class_ is a whole number, or one for each of the {n} images; got {class_!r}."
        )
    if classes.min() < 0 or classes.max() >= n_classes:
        raise DataError(
            f"The classes go from 0 to {n_classes - 1}; got {classes.min()} to {classes.max()}."
        )
    return tf.constant(np.broadcast_to(classes, (n,)), dtype=tf.int64)
