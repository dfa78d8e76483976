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
from tlcourse.data.photo_check import PhotoReport, check_photos, split_photos
from tlcourse.data.photo_sources import photo_folder
from tlcourse.data.photos import read_photo
from tlcourse.data.weights import imagenet_weights

__all__ = [
    "DataError",
    "Dataset",
    "Examples",
    "PhotoReport",
    "Split",
    "blend",
    "check_photos",
    "corrupt",
    "imagenet_weights",
    "labelled_split",
    "load",
    "photo_folder",
    "read_folder",
    "read_photo",
    "split_photos",
    "write_folder",
]
