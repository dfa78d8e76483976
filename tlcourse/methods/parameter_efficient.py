"""Parameter-efficient fine-tuning: of a pretrained base, only a few numbers learn."""

import keras

from tlcourse.data.labels import Split
from tlcourse.methods.supervised import train_head
from tlcourse.methods.training import train
from tlcourse.models import letters_base
from tlcourse.models.base import leaves

LEARNING_RATE = 2e-3  # ten times that of fine-tuning: what learns here are small corrections
RANK = 2


def letters_batchnorm(split: Split, seed: int) -> keras.Model:
    """Fine-tune the scale and shift of batch normalisation and the head, every image augmented.

    Batch normalisation uses the statistics of the target's batches and keeps their averages.

    Reference: Frankle, Schwab and Morcos (2021), "Training BatchNorm and only BatchNorm".
    """
    base = letters_base()
    model = train_head(base, split, seed)
    base.trainable = True
    for layer in leaves(base):
        layer.trainable = isinstance(layer, keras.layers.BatchNormalization)
    return _train(model, split, seed)


def letters_lora(split: Split, seed: int) -> keras.Model:
    """Fine-tune a product of two thin matrices beside each convolution, and the head (LoRA).

    Batch normalisation stays frozen. Taught in notebook 16, with the order of steps that
    ``enable_lora`` needs.

    Reference: Hu et al. (2022), "LoRA: Low-rank adaptation of large language models".
    """
    base = letters_base()
    model = train_head(base, split, seed)
    base.trainable = True  # first: what is frozen when LoRA is enabled never learns
    for layer in leaves(base):
        if isinstance(layer, keras.layers.Conv2D):
            layer.enable_lora(RANK)  # freezes the kernel
        else:
            layer.trainable = False
    return _train(model, split, seed)


def _train(model: keras.Model, split: Split, seed: int) -> keras.Model:
    train(
        model,
        split.labelled.images,
        split.labelled.labels,
        learning_rate=LEARNING_RATE,
        seed=seed,
        augment=True,
    )
    return model
