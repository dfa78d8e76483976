"""``load``: one door to every dataset of the course, which says what it gives."""

from tlcourse.data.dataset import Dataset
from tlcourse.data.digits import load_digits
from tlcourse.data.errors import DataError
from tlcourse.data.letters import load_letters, load_printed
from tlcourse.data.mnist import load_mnist
from tlcourse.data.validation import check_choice

_LOADERS = {
    "mnist": load_mnist,
    "digits": load_digits,
    "letters": load_letters,
    "printed": load_printed,
}


def load(name: str = "auto") -> Dataset:
    """Load a dataset, and say on screen which one it is.

    Args:
        name: ``"mnist"`` (60,000 + 10,000 handwritten digits, downloaded once),
            ``"digits"`` (1,797 small handwritten digits, always there),
            ``"letters"`` (35,200 printed letters, rendered once),
            ``"printed"`` (5,000 printed digits, rendered once), or
            ``"auto"``: MNIST when it can be had, else digits.

    Raises:
        DataError: an unknown name, or data that can neither be read nor downloaded.
    """
    if name == "auto":
        try:
            dataset = load("mnist")
        except DataError as error:
            print(
                f"MNIST is not available: {error}\n"
                "Going on with digits, the handwritten digits that come with the course. "
                'To get MNIST, connect to the network and call load("mnist").'
            )
            return load("digits")
        print('The smaller digits that come with the course: load("digits").')
        return dataset
    check_choice(name, ["auto", *_LOADERS], "dataset")
    dataset = _LOADERS[name]()
    print(f"Data in use: {dataset.name} ({len(dataset.train):,} training images).")
    return dataset
