"""A base from a huge, far source: MobileNetV2 trained on ImageNet's photographs."""

import keras

from tlcourse.data.errors import DataError
from tlcourse.data.validation import check_choice, check_count
from tlcourse.data.weights import imagenet_weights


def imagenet_base(
    layer: str = "block_13_expand_relu", *, size: int = 64, pooling: str | None = None
) -> keras.Model:
    """Return MobileNetV2 (alpha 0.35, ImageNet weights) up to a layer, for the course's images.

    The grey 28×28 image is enlarged, its grey repeated in three colour channels, and scaled to
    -1 to 1: the form of ImageNet's photographs in MobileNetV2's training.

    Args:
        layer: name of the MobileNetV2 layer to end with; ``"out_relu"`` is the last one.
        size: side in pixels that the images are enlarged to, 32 at least.
        pooling: ``"avg"`` averages each feature map over all places, as in
            ``keras.applications``; ``"quarters"`` averages over each quarter of it
            (``pool_quarters``); None leaves the maps as they are.

    Returns:
        A model from float32 images ``(n, 28, 28, 1)``, 0 to 1, to feature maps ``(n, h, w, c)``,
        or to features: ``(n, c)`` with ``pooling="avg"``, ``(n, 4 * c)`` with ``"quarters"``.

    Raises:
        DataError: the weights are not on this computer and cannot be downloaded, no layer of that
            name, another kind of pooling, too small a size, or quarters of a map of one pixel.

    Reference:
        Sandler et al. (2018), "MobileNetV2: Inverted residuals and linear bottlenecks".
    """
    check_count(size, "size", at_least=32)
    check_choice(pooling or "None", ["avg", "quarters", "None"], "pooling")
    network = _mobilenet(size)
    check_choice(layer, [each.name for each in network.layers], "layer of MobileNetV2")
    to_layer = keras.Model(network.inputs[0], network.get_layer(layer).output)
    images = keras.Input((28, 28, 1))
    x = keras.layers.Resizing(size, size, interpolation="bilinear")(images)
    x = keras.layers.Concatenate()([x, x, x])
    x = keras.layers.Rescaling(2.0, offset=-1.0)(x)
    x = to_layer(x, training=False)
    if pooling == "avg":
        x = keras.layers.GlobalAveragePooling2D()(x)
    elif pooling == "quarters":
        if x.shape[1] < 2:
            raise DataError(
                f"{layer} gives maps of one pixel for images of {size} pixels, which has no "
                'quarters. Enlarge the images further, take an earlier layer, or pooling="avg".'
            )
        x = pool_quarters(x)
    return keras.Model(images, x, name="imagenet_base" if pooling else f"imagenet_{layer}")


def pool_quarters(maps):
    """Return the mean of each quarter of feature maps, as the course's own base does.

    Args:
        maps: tensor or array of shape ``(n, side, side, c)``, ``side`` at least 2. With an odd
            side, quarters share the row and the column in the middle.

    Returns:
        Of shape ``(n, 4 * c)``.
    """
    side = maps.shape[1]
    quarters = keras.layers.AveragePooling2D(side - side // 2, strides=side // 2)(maps)
    return keras.layers.Flatten()(quarters)


def photo_base(size: int = 160) -> keras.Model:
    """Return MobileNetV2 (alpha 0.35, ImageNet weights) as a frozen base for photographs.

    Args:
        size: side of the photographs in pixels, 32 at least.

    Returns:
        A model from photographs ``(n, size, size, 3)``, 0 to 255, to features ``(n, 1280)``: those
        of the last layer, averaged over all places.

    Raises:
        DataError: the weights are not on this computer and cannot be downloaded, or too small a
            size.

    Reference:
        Sandler et al. (2018), "MobileNetV2: Inverted residuals and linear bottlenecks".
    """
    check_count(size, "size", at_least=32)
    network = _mobilenet(size)
    network.trainable = False
    photos = keras.Input((size, size, 3), name="photos")
    x = keras.layers.Rescaling(1 / 127.5, offset=-1)(photos)  # as preprocess_input does
    x = keras.layers.GlobalAveragePooling2D()(network(x, training=False))
    return keras.Model(photos, x, name="photo_base")


def _mobilenet(size: int) -> keras.Model:
    # With weights="imagenet", Keras would fetch other weights for 96, 128, 160 and 192 pixels.
    return keras.applications.MobileNetV2(
        input_shape=(size, size, 3),
        alpha=0.35,
        include_top=False,
        weights=imagenet_weights(),
    )
