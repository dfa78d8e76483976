"""Methods: every way of learning from few labels, as short functions with one signature.

``METHODS`` lists them by name; a new one is a function and a line in ``registry``.

* ``supervised``: from scratch, on a frozen base, fine-tuned;
* ``autoencoder``: unsupervised pretraining; ``pretraining``: how the letters base was made;
* ``self_training``, ``fixmatch``, ``label_spreading``, ``graph_fixmatch``: with unlabelled images;
* ``adaptation``: from a labelled source to a target without labels;
* ``training``, ``augment``, ``timing``, ``validation``: what all of them share;
* ``transferability``: a score of features before anything is trained.
"""

from tlcourse.methods.augment import random_affine
from tlcourse.methods.label_spreading import select_confident, spread_labels
from tlcourse.methods.pretraining import pretrain_letters
from tlcourse.methods.registry import METHODS, Method, get_method
from tlcourse.methods.supervised import (
    letters_finetuned,
    letters_finetuned_augmented,
    letters_frozen,
    letters_logistic,
    scratch,
    scratch_augmented,
)
from tlcourse.methods.training import batches, reset_optimizer, steps_for, train
from tlcourse.methods.transferability import logme

__all__ = [
    "METHODS",
    "Method",
    "batches",
    "get_method",
    "letters_finetuned",
    "letters_finetuned_augmented",
    "letters_frozen",
    "letters_logistic",
    "logme",
    "pretrain_letters",
    "random_affine",
    "reset_optimizer",
    "scratch",
    "scratch_augmented",
    "select_confident",
    "spread_labels",
    "steps_for",
    "train",
]
