"""Benchmarks: the course's way and the usual way, measured side by side in one run.

``python -m benchmarks`` runs them all, one after the other, and writes ``results.md`` (a table)
and ``results.json`` (the rows with every repeat, and on which machine). ``python -m benchmarks
grid`` runs one of them and keeps the stored rows of the others; ``--smoke`` only shows, in tiny
settings, that they work. Nothing else should run on the machine meanwhile.

Each benchmark is a module with a ``measure`` function and runs in a process of its own, so that
its threads and its peak of memory are its own. ``measuring`` holds what they share.
"""

import tlcourse  # noqa: F401  (keeps TensorFlow's start-up lines away, whoever imports it)

NAMES = (
    "time_to_accuracy",
    "features_once",
    "input_pipeline",
    "training_step",
    "grid",
    "photographs",
    "rivals",
)
