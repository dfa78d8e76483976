"""Fine-tuning: the head first on a frozen base, then everything at a low learning rate."""

import keras

from tlcourse.data.labels import Split
from tlcourse.methods.frozen import letters_frozen
from tlcourse.methods.training import train
from tlcourse.models import unfreeze

LEARNING_RATE = 2e-4


def letters_tuned(split: Split, seed: int) -> keras.Model:
    """Train a head on the frozen letters base, then fine-tune all layers together.

    Batch normalisation stays frozen, with the statistics of the source task. Taught in
    notebook 07. Reference for head first, then all: Kumar et al. (2022), "Fine-tuning can distort
    pretrained features and underperform out-of-distribution".
    """
    return _tuned(split, seed, augment=False)


def letters_tuned_augmented(split: Split, seed: int) -> keras.Model:
    """Fine-tune as in ``letters_tuned``, every image changed anew each time it is shown."""
    return _tuned(split, seed, augment=True)


def _tuned(split: Split, seed: int, *, augment: bool) -> keras.Model:
    model = letters_frozen(split, seed)
    unfreeze(model.get_layer("letters_base"))  # ``train`` compiles again, as it must
    train(
        model,
        split.labelled.images,
        split.labelled.labels,
        learning_rate=LEARNING_RATE,
        seed=seed,
        augment=augment,
    )
    return model
