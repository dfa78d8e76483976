"""Figures of notebook 06."""

def accuracy_by_layer(*args, **kwargs):
    raise NotImplementedError

def feature_scatter(*args, **kwargs):
    raise NotImplementedError

def near_against_far(*args, **kwargs):
    raise NotImplementedError
