"""The embedded target data: scikit-learn's handwritten digits, enlarged to look like MNIST."""

import numpy as np
from PIL import Image

from tlcourse.data.centring import centre_like_mnist
from tlcourse.data.dataset import Dataset, Examples


def load_digits() -> Dataset:
    """Return 1,797 handwritten digits: 1,197 for training, 600 for testing (fixed split).

    The originals are 8×8 pixels with 17 grey levels; they are enlarged smoothly, then sized and
    centred as in MNIST. Blurrier and easier than MNIST, but real handwriting, and always there.
    """
    # Here and not above: scikit-learn takes a second to import, and only digits needs it.
    from sklearn.datasets import load_digits as load_originals
    from sklearn.model_selection import train_test_split

    bunch = load_originals()
    images = np.stack([_enlarge(image) for image in bunch.images])[..., None]
    # The original order groups writers and repeats; a shuffled split mixes them evenly.
    train, test = train_test_split(
        np.arange(len(images)), test_size=600, stratify=bunch.target, random_state=0
    )
    everything = Examples(images.astype(np.float32) / 255, bunch.target.astype(np.int64))
    return Dataset(
        name="digits",
        train=everything.take(train),
        test=everything.take(test),
        class_names=tuple("0123456789"),
        source="E. Alpaydin and C. Kaynak (1998), UCI Machine Learning Repository, "
        "as bundled with scikit-learn",
        licence="CC BY 4.0",
    )


def _enlarge(image: np.ndarray) -> np.ndarray:
    """Turn an 8×8 image of 0 to 16 into a 28×28 uint8 image."""
    large = Image.fromarray(image.astype(np.float32)).resize((64, 64), Image.Resampling.BICUBIC)
    # Cubic enlargement overshoots a little beyond 0 and 16, and leaves a faint halo.
    ink = np.clip(np.asarray(large) * (255 / 16), 0, 255)
    return centre_like_mnist(np.where(ink < 32, 0, ink).astype(np.uint8))
