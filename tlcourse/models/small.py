"""A small network that trains quickly."""

import keras
from keras import layers, regularizers

_CONVOLUTIONS = ((8, 5), (16, 3))  # filters and kernel size; each halves the map


def small_cnn(
    *,
    units: int = 64,
    l1: float = 0.0,
    l2: float = 0.0,
    dropout: float = 0.0,
    batch_norm: bool = False,
    n_classes: int = 10,
) -> keras.Model:
    """Return a small CNN, untrained, with the regularisation that is asked for.

    Two convolutions, a hidden dense layer and a softmax head. It trains about ten times faster
    than the course's base, and is there to be trained many times. Taught in notebook 04.
    References: Srivastava et al. (2014), "Dropout: A simple way to prevent neural networks from
    overfitting"; Ioffe and Szegedy (2015), "Batch normalization"; for the penalties, Goodfellow
    et al. (2016), "Deep learning", chapter 7.

    Args:
        units: hidden units, 1 or more; very few cannot tell ten classes apart.
        l1: penalty on the sum of the absolute values of all kernels, 0 or more.
        l2: penalty on the sum of their squares, 0 or more.
        dropout: share of the hidden units that training sets to 0, from 0 up to 1.
        batch_norm: normalise each channel after either convolution.
        n_classes: number of classes.

    Returns:
        A model from float32 images ``(n, 28, 28, 1)``, 0 to 1, to probabilities
        ``(n, n_classes)``. Its layers ``conv_1``, ``conv_2``, ``hidden`` and ``head`` have the
        kernels.

    Raises:
        ValueError: from Keras, for a penalty below 0 or a dropout outside 0 to 1.
    """
    # Only kernels: a bias adds a constant, which cannot follow the noise of single images.
    penalty = regularizers.L1L2(l1, l2) if l1 or l2 else None
    x = images = keras.Input((28, 28, 1), name="images")
    for number, (filters, size) in enumerate(_CONVOLUTIONS, start=1):
        x = layers.Conv2D(
            filters,
            size,
            strides=2,
            padding="same",
            use_bias=not batch_norm,  # batch normalisation has a bias of its own
            kernel_regularizer=penalty,
            name=f"conv_{number}",
        )(x)
        if batch_norm:
            # As in the course's base: the default momentum of 0.99 needs hundreds of updates.
            x = layers.BatchNormalization(momentum=0.9, name=f"norm_{number}")(x)
        x = layers.ReLU(name=f"block_{number}")(x)
    x = layers.Flatten(name="flat")(x)
    x = layers.Dense(units, "relu", kernel_regularizer=penalty, name="hidden")(x)
    if dropout:
        x = layers.Dropout(dropout, name="dropout")(x)
    head = layers.Dense(n_classes, "softmax", kernel_regularizer=penalty, name="head")
    return keras.Model(images, head(x), name="small_cnn")
