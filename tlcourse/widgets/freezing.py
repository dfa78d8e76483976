"""Freezing panel."""

def freezing_panel(*args, **kwargs):
    raise NotImplementedError
