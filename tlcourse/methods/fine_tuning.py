"""Fine-tuning: the head first on a frozen base, then everything at a low learning rate."""

from collections.abc import Callable

import keras

from tlcourse.data.labels import Split
from tlcourse.methods.frozen import train_head
from tlcourse.methods.training import train
from tlcourse.models import imagenet_base, letters_base, unfreeze

LEARNING_RATE = 2e-4


def letters_finetuned(split: Split, seed: int) -> keras.Model:
    """Train a head on the frozen letters base, then fine-tune all layers together.

    Batch normalisation stays frozen, with the statistics of the source task. Taught in
    notebook 07. Reference for head first, then all: Kumar et al. (2022), "Fine-tuning can distort
    pretrained features and underperform out-of-distribution".
    """
    return fine_tune(letters_base(), split, seed, augment=False)


def letters_finetuned_augmented(split: Split, seed: int) -> keras.Model:
    """Fine-tune as in ``letters_finetuned``, every image changed anew each time it is shown."""
    return fine_tune(letters_base(), split, seed, augment=True)


def imagenet_finetuned(split: Split, seed: int) -> keras.Model:
    """Fine-tune MobileNetV2 from ImageNet's photographs, its batch normalisation frozen."""
    return fine_tune(imagenet_base(pooling="avg"), split, seed, augment=False)


def fine_tune(
    base: keras.Model,
    split: Split,
    seed: int,
    *,
    augment: bool,
    learning_rate: float = LEARNING_RATE,
    unfreeze_fn: Callable[[keras.Model], None] = unfreeze,
) -> keras.Model:
    """Train a head on a pretrained base, then both together.

    Args:
        base: from images to a feature vector.
        split: the labelled images.
        seed: chooses the order of training and the augmentation.
        augment: change every image anew each time it is shown, while all layers learn.
        learning_rate: of that second stage, at the start.
        unfreeze_fn: makes the layers of ``base`` trainable that shall be.
    """
    model = train_head(base, split, seed)
    unfreeze_fn(base)  # ``train`` compiles again, as it must
    train(
        model,
        split.labelled.images,
        split.labelled.labels,
        learning_rate=learning_rate,
        seed=seed,
        augment=augment,
    )
    return model
