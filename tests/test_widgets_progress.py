"""TrainingProgress: the bar while training runs, over several runs, and the line that is left."""

import importlib
import types

import keras
import numpy as np
import pytest

from tlcourse.widgets.progress import TrainingProgress

VIEW = "application/vnd.jupyter.widget-view+json"
MODULE = importlib.import_module("tlcourse.widgets.progress")


@pytest.fixture
def shown(monkeypatch) -> list[dict]:
    """Collect what a notebook would show; the last one is what stays."""
    bundles = []

    def display(thing, display_id):
        assert display_id
        bundles.append(thing._repr_mimebundle_())
        return types.SimpleNamespace(update=lambda thing: bundles.append(thing._repr_mimebundle_()))

    monkeypatch.setattr(MODULE, "display", display)
    return bundles


@pytest.fixture
def model() -> keras.Model:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def fit(model, progress, epochs=2):
    data = np.ones((4, 3), np.float32), np.array([0, 1, 0, 1])
    model.fit(*data, epochs=epochs, validation_data=data, verbose=0, callbacks=[progress])


class Spy(keras.callbacks.Callback):
    """Writes down what the bar shows after each epoch; stands after it in the list."""

    def __init__(self, progress):
        super().__init__()
        self.progress, self.seen = progress, []

    def on_epoch_end(self, epoch, logs=None):
        bar, _ = self.progress._box.children
        self.seen.append((bar.value, bar.max, self.progress.text))


def test_a_bar_while_it_runs_and_a_line_when_it_has_ended(model, shown):
    progress = TrainingProgress("Adam")
    fit(model, progress)
    during, after = shown
    assert VIEW in during
    assert set(after) == {"text/plain", "text/html"}
    assert "Adam: 2 epochs; at the end: " in after["text/html"]
    assert "validation accuracy 50.0 %" in after["text/html"]


def test_the_bar_goes_on_over_several_runs(model, shown):
    progress = TrainingProgress("three seeds", runs=3)
    spy = Spy(progress)
    data = np.ones((4, 3), np.float32), np.array([0, 1, 0, 1])
    for run in range(3):
        model.fit(*data, epochs=2, verbose=0, callbacks=[progress, spy])
        assert (len(shown) == 2) == (run == 2), "one bar for all, replaced after the last run"
    assert [value for value, _, _ in spy.seen] == [1, 2, 3, 4, 5, 6]
    assert {most for _, most, _ in spy.seen} == {6}
    assert "run 2 of 3, epoch 1 of 2" in spy.seen[2][2]
    assert "three seeds: 3 runs, 6 epochs in all; mean at the end: " in progress.text


def test_training_that_ends_early_ends_the_bar_too(model, shown):
    class StopAtOnce(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = True

    progress = TrainingProgress()
    data = np.ones((4, 3), np.float32), np.array([0, 1, 0, 1])
    model.fit(*data, epochs=50, verbose=0, callbacks=[StopAtOnce(), progress])
    assert "training: 1 epoch; at the end" in shown[-1]["text/html"]


def test_it_can_be_used_again(model, shown):
    progress = TrainingProgress()
    fit(model, progress)
    fit(model, progress)
    assert [VIEW in bundle for bundle in shown] == [True, False, True, False]


def test_its_text_holds_no_numbers_that_differ_between_computers(model, shown):
    progress = TrainingProgress("<b>&")
    fit(model, progress)
    assert {bundle["text/plain"] for bundle in shown} == {"TrainingProgress: <b>&"}
    assert "&lt;b&gt;&amp;" in shown[-1]["text/html"]


def test_it_is_small_and_leaves_no_widget_behind(model, shown):
    progress = TrainingProgress()
    fit(model, progress)
    assert len(str(shown[-1])) < 400
    assert progress._box is None


def test_outside_a_notebook_it_prints_one_line_at_most(model, capsys):
    fit(model, TrainingProgress())
    assert len(capsys.readouterr().out.splitlines()) <= 1
