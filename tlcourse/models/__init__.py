"""Models: the course's base CNN, heads, pretrained bases, and features computed from them."""

from tlcourse.data.weights import provenance
from tlcourse.models.base import accuracy, add_head, build_base, count_parameters, predict, unfreeze
from tlcourse.models.convolution import ACTIVATIONS, KERNELS, activate, convolve, pool
from tlcourse.models.costs import Cost, cost_of, count_macs
from tlcourse.models.features import extract_features
from tlcourse.models.imagenet import imagenet_base, photo_base
from tlcourse.models.pretrained import letters_base, letters_photo_base
from tlcourse.models.quiet import quiet
from tlcourse.models.saved import load_models, save_model

__all__ = [
    "ACTIVATIONS",
    "KERNELS",
    "Cost",
    "accuracy",
    "activate",
    "add_head",
    "build_base",
    "convolve",
    "cost_of",
    "count_macs",
    "count_parameters",
    "extract_features",
    "imagenet_base",
    "letters_base",
    "letters_photo_base",
    "load_models",
    "photo_base",
    "pool",
    "predict",
    "provenance",
    "quiet",
    "save_model",
    "unfreeze",
]
