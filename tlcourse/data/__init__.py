"""Data: loading the course's datasets in one form, and drawing label budgets from them."""

from tlcourse.data.blended import blend
from tlcourse.data.dataset import Dataset, Examples
from tlcourse.data.errors import DataError
from tlcourse.data.folders import read_folder, write_folder
from tlcourse.data.labels import Split, few_labels
from tlcourse.data.loading import load
from tlcourse.data.planted import plant

__all__ = [
    "DataError",
    "Dataset",
    "Examples",
    "Split",
    "blend",
    "few_labels",
    "load",
    "plant",
    "read_folder",
    "write_folder",
]
