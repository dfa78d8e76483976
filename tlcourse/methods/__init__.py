"""Methods: every way of learning from few labels, as short functions with one signature.

``METHODS`` lists them by name; a new one is a function in a module of its own, and a line in
``registry``.
"""

from tlcourse.methods.augment import random_affine
from tlcourse.methods.fine_tuning import letters_tuned, letters_tuned_augmented
from tlcourse.methods.frozen import letters_frozen, letters_logistic
from tlcourse.methods.pretraining import pretrain_letters
from tlcourse.methods.propagation import most_certain, propagate
from tlcourse.methods.registry import METHODS, Method, get_method
from tlcourse.methods.scratch import scratch, scratch_augmented
from tlcourse.methods.training import batches, reset_optimizer, train, updates_for
from tlcourse.methods.transferability import logme

__all__ = [
    "METHODS",
    "Method",
    "batches",
    "get_method",
    "letters_frozen",
    "letters_logistic",
    "letters_tuned",
    "letters_tuned_augmented",
    "logme",
    "most_certain",
    "pretrain_letters",
    "propagate",
    "random_affine",
    "reset_optimizer",
    "scratch",
    "scratch_augmented",
    "train",
    "updates_for",
]
