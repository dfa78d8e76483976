"""Figures of notebook 07."""

def forgetting(*args, **kwargs):
    raise NotImplementedError

def learning_curves(*args, **kwargs):
    raise NotImplementedError

def learning_rates(*args, **kwargs):
    raise NotImplementedError
