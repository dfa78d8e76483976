"""Data: the course's datasets in one typed form, label budgets, and files.

Here live the checks of what comes in (``validation``), the datasets (``loading``), labelled splits,
folders of images, downloads, pretrained weights as files, and what is remembered between notebooks.
Nothing here needs TensorFlow.
"""

from tlcourse.data.blended import blend
from tlcourse.data.corruption import corrupt
from tlcourse.data.dataset import Dataset, Examples
from tlcourse.data.errors import DataError
from tlcourse.data.folders import read_folder, write_folder
from tlcourse.data.labels import Split, labelled_split
from tlcourse.data.loading import load

__all__ = [
    "DataError",
    "Dataset",
    "Examples",
    "Split",
    "blend",
    "corrupt",
    "labelled_split",
    "load",
    "read_folder",
    "write_folder",
]
