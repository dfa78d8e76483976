"""Domain adaptation: learn from a labelled source for a target whose images have no labels.

All adaptations share one small network and one training; they differ in a second loss, which
looks at a batch of the target (``losses``). Two more work on the frozen letters base. Taught in
notebook 10.
"""

from tlcourse.methods.adaptation.losses import (
    coral_loss,
    coral_transform,
    gradient_reversal,
    mmd_loss,
)
from tlcourse.methods.adaptation.network import build_domain_discriminator, build_network, features
from tlcourse.methods.adaptation.training import ADAPTATIONS, Adaptation, get_adaptation

__all__ = [
    "ADAPTATIONS",
    "Adaptation",
    "build_domain_discriminator",
    "build_network",
    "coral_loss",
    "coral_transform",
    "features",
    "get_adaptation",
    "gradient_reversal",
    "mmd_loss",
]
