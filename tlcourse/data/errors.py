"""The one exception that the course raises for data it cannot use or get."""


class DataError(ValueError):
    """Data that is missing, damaged or of the wrong form.

    The message is one plain sentence or two: what was wrong, what was expected, how to fix it.
    """
