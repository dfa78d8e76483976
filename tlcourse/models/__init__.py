"""Models: the course's base CNN, heads, pretrained bases, and features computed from them."""

from tlcourse.models.base import add_head, build_base, count_parameters, unfreeze
from tlcourse.models.features import compute_features
from tlcourse.models.imagenet import imagenet_base, imagenet_vectors, unfreeze_imagenet
from tlcourse.models.pretrained import letters_base, provenance

__all__ = [
    "add_head",
    "build_base",
    "compute_features",
    "count_parameters",
    "imagenet_base",
    "imagenet_vectors",
    "letters_base",
    "provenance",
    "unfreeze",
    "unfreeze_imagenet",
]
