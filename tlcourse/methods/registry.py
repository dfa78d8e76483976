"""The list of methods: each is a short function with one signature, known by a name."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import keras

from tlcourse.data.labels import Split
from tlcourse.data.validation import check_choice
from tlcourse.methods.autoencoder import (
    autoencoder_base,
    autoencoder_finetuned,
    autoencoder_finetuned_augmented,
    autoencoder_frozen,
    autoencoder_letters_finetuned,
    build_decoder,
    letters_images,
)
from tlcourse.methods.fixmatch import fixmatch_letters, fixmatch_scratch
from tlcourse.methods.graph_fixmatch import graph_fixmatch, graph_fixmatch_unbalanced
from tlcourse.methods.label_spreading import label_spreading
from tlcourse.methods.parameter_efficient import letters_batchnorm, letters_lora
from tlcourse.methods.self_supervised import (
    build_expander,
    vicreg_base,
    vicreg_finetuned_augmented,
    vicreg_frozen,
)
from tlcourse.methods.self_training import pseudo_label
from tlcourse.methods.supervised import (
    imagenet_finetuned,
    imagenet_frozen,
    imagenet_logistic,
    letters_finetuned,
    letters_finetuned_augmented,
    letters_frozen,
    letters_logistic,
    random_frozen,
    scratch,
    scratch_augmented,
    scratch_augmented_long,
)
from tlcourse.models import provenance

NO_TRANSFER, SUPERVISED, UNSUPERVISED, SEMI_SUPERVISED, COMBINATION = KINDS = (
    "no transfer",
    "supervised transfer",
    "unsupervised pretraining",
    "semi-supervised",
    "combination",
)


@dataclass(frozen=True)
class Method:
    """A way of learning from few labels.

    Attributes:
        train: the function. It learns from a split, with one seed, and returns a model from
            images ``(n, 28, 28, 1)`` to probabilities ``(n, n_classes)``. It never sees the
            test set.
        title: what figures call it.
        kind: which family it belongs to, one of ``KINDS``.
        pretraining: what its base was trained on before, a key of ``PRETRAINING``, or None.
        unlabelled: whether it learns from the target's images without labels, too.
        budgets: smallest and largest number of labels at which it makes sense; None for no limit.
        exclusion_reason: why the method is not run with other numbers of labels.
        extra_parameters: from the trained model to how many parameters there were in training
            beside its own.
    """

    train: Callable[[Split, int], keras.Model]
    title: str
    kind: str = NO_TRANSFER
    pretraining: str | None = None
    unlabelled: bool = False
    budgets: tuple[int | None, int | None] = (None, None)
    exclusion_reason: str = ""
    extra_parameters: Callable[[keras.Model], int] = lambda model: 0

    @property
    def name(self) -> str:
        """Its name in records and tables: that of the function."""
        return self.train.__name__


def _letters_cost(split: Split) -> tuple[float, float]:
    record = provenance()
    return record["training_seconds"], record["training_cpu_seconds"]


# How many seconds a pretraining took, on the clock and of the processor. Asking makes sure that
# it has been done.
PRETRAINING: dict[str | None, Callable[[Split], tuple[float, float]]] = {
    None: lambda split: (0.0, 0.0),
    "letters": _letters_cost,
    "imagenet": lambda split: (math.nan, math.nan),  # not published
    "autoencoder": lambda split: autoencoder_base(split.images)[1:],
    "autoencoder_letters": lambda split: autoencoder_base(letters_images())[1:],
    "vicreg": lambda split: vicreg_base(split.images)[1:],
}


_TEACHER = {"extra_parameters": keras.Model.count_params}  # as large as the student
_DECODER = {"extra_parameters": lambda model: build_decoder().count_params()}
_REST = {
    "budgets": (None, 3000),
    "exclusion_reason": "it learns from images without labels, and (almost) every image has one",
    "unlabelled": True,
}
_TARGET = {"kind": UNSUPERVISED, "pretraining": "autoencoder", "unlabelled": True, **_DECODER}
_EXPANDER = {"extra_parameters": lambda model: build_expander().count_params()}
_VICREG = {"kind": UNSUPERVISED, "pretraining": "vicreg", "unlabelled": True, **_EXPANDER}
_IMAGENET = {"kind": SUPERVISED, "pretraining": "imagenet"}
_LETTERS = {"kind": SUPERVISED, "pretraining": "letters"}
_BOTH = {"kind": COMBINATION, "pretraining": "letters"}

# In the order in which figures and tables show them.
METHODS = {
    method.name: method
    for method in (
        Method(scratch, "from scratch"),
        Method(scratch_augmented, "from scratch, augmented"),
        Method(
            scratch_augmented_long,
            "from scratch, augmented, longer",
            budgets=(None, 1000),
            exclusion_reason="the usual passes over so many images take longer anyway",
        ),
        Method(random_frozen, "random, frozen"),
        Method(letters_frozen, "letters, frozen", **_LETTERS),
        Method(letters_logistic, "letters, logistic regression", **_LETTERS),
        Method(letters_finetuned, "letters, fine-tuned", **_LETTERS),
        Method(letters_finetuned_augmented, "letters, fine-tuned, augmented", **_LETTERS),
        Method(letters_batchnorm, "letters, batch normalisation tuned", **_LETTERS),
        Method(letters_lora, "letters, LoRA", **_LETTERS),
        Method(imagenet_frozen, "ImageNet, frozen", **_IMAGENET),
        Method(
            imagenet_logistic,
            "ImageNet at its best, logistic regression",
            **_IMAGENET,
            budgets=(None, 3000),
            exclusion_reason="to save time, it is asked up to 3,000 labels only",
        ),
        Method(
            imagenet_finetuned,
            "ImageNet, fine-tuned",
            **_IMAGENET,
            budgets=(100, 1000),
            exclusion_reason="there are too few labels, or so large a network takes too long",
        ),
        Method(autoencoder_frozen, "autoencoder, frozen", **_TARGET),
        Method(autoencoder_finetuned, "autoencoder, fine-tuned", **_TARGET),
        Method(autoencoder_finetuned_augmented, "autoencoder, fine-tuned, augmented", **_TARGET),
        Method(
            autoencoder_letters_finetuned,
            "autoencoder of letters, fine-tuned",
            UNSUPERVISED,
            "autoencoder_letters",
            **_DECODER,
        ),
        Method(vicreg_frozen, "VICReg, frozen", **_VICREG),
        Method(vicreg_finetuned_augmented, "VICReg, fine-tuned, augmented", **_VICREG),
        Method(pseudo_label, "pseudo-labels", SEMI_SUPERVISED, **_REST),
        Method(fixmatch_scratch, "FixMatch, from scratch", SEMI_SUPERVISED, **_REST, **_TEACHER),
        Method(label_spreading, "letters, label spreading", **_BOTH, **_REST),
        Method(fixmatch_letters, "letters, FixMatch", **_BOTH, **_REST, **_TEACHER),
        Method(
            graph_fixmatch,
            "letters, graph and FixMatch",
            **_BOTH,
            **_REST,
            **_TEACHER,
        ),
        Method(
            graph_fixmatch_unbalanced,
            "letters, graph and FixMatch, sizes unknown",
            **_BOTH,
            unlabelled=True,
            budgets=(None, 10),
            exclusion_reason="to save time, it is asked with ten labels only",
            **_TEACHER,
        ),
    )
}


def get_method(name: str) -> Method:
    """Return the method of that name.

    Raises:
        DataError: there is none.
    """
    return METHODS[check_choice(name, METHODS, "method")]
