"""Plots: every figure of the course, each with alt text, readable without colour vision."""

from tlcourse.plots.picture import MARKERS, PALETTE, Picture, drawing

__all__ = ["MARKERS", "PALETTE", "Picture", "drawing"]
