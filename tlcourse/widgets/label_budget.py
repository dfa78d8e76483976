"""Label budget."""

def label_budget(*args, **kwargs):
    raise NotImplementedError
