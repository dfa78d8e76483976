"""Layer explorer."""

def layer_explorer(*args, **kwargs):
    raise NotImplementedError
