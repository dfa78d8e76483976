"""Exercises of notebook 00."""
