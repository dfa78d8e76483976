"""Domain adaptation: learn from a labelled source for a target whose images have no labels.

All adaptations share one small network and one training; they differ in a second loss, which
looks at a batch of the target (``losses``). Two more work on the frozen letters base. Taught in
notebook 10.
"""

from tlcourse.methods.adaptation.losses import (
    CORAL_WEIGHT,
    MMD_WEIGHT,
    coral_loss,
    coral_transform,
    gradient_reversal,
    mmd_loss,
)
from tlcourse.methods.adaptation.network import (
    FEATURES,
    build_domain_discriminator,
    build_network,
    features,
)
from tlcourse.methods.adaptation.training import (
    ADAPTATIONS,
    LEARNING_RATE,
    STEPS,
    Adaptation,
    get_adaptation,
    weight_at,
)
from tlcourse.models import predict

__all__ = [
    "ADAPTATIONS",
    "CORAL_WEIGHT",
    "FEATURES",
    "LEARNING_RATE",
    "MMD_WEIGHT",
    "STEPS",
    "Adaptation",
    "build_domain_discriminator",
    "build_network",
    "coral_loss",
    "coral_transform",
    "features",
    "get_adaptation",
    "gradient_reversal",
    "mmd_loss",
    "predict",
    "weight_at",
]
