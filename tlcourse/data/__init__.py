"""Data: loading the course's datasets in one form, and drawing label budgets from them."""

from tlcourse.data.dataset import Dataset, Examples
from tlcourse.data.errors import DataError
from tlcourse.data.labels import Split, few_labels
from tlcourse.data.loading import load

__all__ = ["DataError", "Dataset", "Examples", "Split", "few_labels", "load"]
