"""Models: the course's base CNN, heads, pretrained bases, and features computed from them."""

from tlcourse.models.base import add_head, build_base, count_parameters, unfreeze
from tlcourse.models.convolution import (
    ACTIVATIONS,
    KERNELS,
    Cost,
    activate,
    convolve,
    cost_of,
    count_operations,
    lenet5,
    patches,
    pool,
    receptive_field,
)
from tlcourse.models.features import compute_features
from tlcourse.models.gradcam import grad_cam
from tlcourse.models.imagenet import imagenet_base, imagenet_vectors, unfreeze_imagenet
from tlcourse.models.kept import keep, kept
from tlcourse.models.pretrained import letters_base, provenance
from tlcourse.models.small import small_cnn

__all__ = [
    "ACTIVATIONS",
    "KERNELS",
    "Cost",
    "activate",
    "add_head",
    "build_base",
    "compute_features",
    "convolve",
    "cost_of",
    "count_operations",
    "count_parameters",
    "grad_cam",
    "imagenet_base",
    "imagenet_vectors",
    "keep",
    "kept",
    "lenet5",
    "letters_base",
    "patches",
    "pool",
    "provenance",
    "receptive_field",
    "small_cnn",
    "unfreeze",
    "unfreeze_imagenet",
]
