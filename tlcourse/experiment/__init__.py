"""Experiment: run a method under a label budget, record what it took, keep the scoreboard."""

from tlcourse.experiment import scoreboard
from tlcourse.experiment.running import Record, run, table

__all__ = ["Record", "run", "scoreboard", "table"]
