"""The gap between domains: who gets which labels, its share, and records of runs."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from tlcourse.data import DataError, Examples
from tlcourse.experiment import gap
from tlcourse.methods.adaptation import ADAPTATIONS

IMAGES = np.random.default_rng(0).random((30, 28, 28, 1), dtype=np.float32)
LABELS = np.arange(30) % 3
SOURCE, TARGET = (Examples(IMAGES[i : i + 10], LABELS[i : i + 10]) for i in (0, 10))
TEST = Examples(IMAGES[20:], np.array([0] * 5 + [1] * 3 + [2] * 2))
PAIR = gap.Pair("a → b", SOURCE, TARGET, TEST, n_classes=3)


def always(k: int) -> keras.Model:
    """Return a model that predicts class ``k`` for every image."""
    model = keras.Sequential(
        [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(3, "softmax")]
    )
    model.layers[-1].set_weights([np.zeros((784, 3)), 5.0 * np.eye(3)[k]])
    return model


class Spy:
    """Stands for an adaptation that always predicts its seed's class, and notes what it gets."""

    def __init__(self, name: str, calls: list, *, sees_labels: bool = False) -> None:
        self.name, self.calls, self.sees_labels = name, calls, sees_labels
        self.pretraining = "letters" if name == "on_letters" else None

    def train(self, source, target, n_classes, seed, *, labelled=None):
        self.calls.append((self.name, source, target, n_classes, seed, labelled))
        return always(seed)


@pytest.fixture
def seen(monkeypatch) -> list:
    """Put three spies among the adaptations."""
    calls = []
    for name in ("blind", "seeing", "on_letters"):
        monkeypatch.setitem(ADAPTATIONS, name, Spy(name, calls, sees_labels=name == "seeing"))
    return calls


# --------------------------------------------------------------------------------------- the runs


def test_each_method_is_measured_with_each_seed_on_the_test_examples(seen):
    runs = gap.run_pair(PAIR, ["blind", "seeing"], np.arange(3))
    assert set(runs.models) == {(m, s) for m in ("blind", "seeing") for s in range(3)}
    accuracies = runs.table.pivot(index="seed", columns="method", values="accuracy")
    for name in ("blind", "seeing"):
        assert accuracies[name].tolist() == pytest.approx([0.5, 0.3, 0.2])
    assert set(runs.table["pair"]) == {"a → b"}
    assert (runs.table[["seconds", "cpu_seconds"]] >= 0).all(axis=None)


def test_only_methods_that_may_see_labels_get_them(seen):
    gap.run_pair(PAIR, ["blind", "seeing"], [0])
    (_, source, images, n_classes, _, blind_labels), (*_, labels) = seen
    assert source is SOURCE
    assert images is TARGET.images
    assert n_classes == 3
    assert blind_labels is None
    assert labels is TARGET
    few = {seed: TARGET.take([seed]) for seed in range(2)}
    gap.run_pair(PAIR, ["seeing", "blind"], range(2), few=few)
    given = {(name, seed): labelled for name, *_, seed, labelled in seen[2:]}
    assert given["seeing", 0] is few[0]
    assert given["seeing", 1] is few[1]
    assert given["blind", 0] is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"methods": ["blind", "magic"]}, "no adaptation named 'magic'"),
        ({"pair": replace(PAIR, test=TEST.take([]))}, "no test examples"),
        ({"seeds": [0, 2**32]}, "A seed is a whole number"),
        ({"seeds": [0, 1], "few": {0: TARGET}}, "few has no labelled examples for seed 1"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_is_trained(seen, changes, message):
    with pytest.raises(DataError, match=message):
        gap.run_pair(**{"pair": PAIR, "methods": ["blind"], "seeds": [0]} | changes)
    assert not seen


# ------------------------------------------------------------------------------------- the shares


def test_the_share_of_one_gap():
    for adapted, share in ((0.6, 0), (0.75, 0.5), (0.9, 1), (0.45, -0.5), (0.96, 1.2)):
        assert gap.gap_closed(adapted, 0.6, 0.9) == pytest.approx(share)
    for target_only in (0.3, 0.6, 0.61):
        assert np.isnan(gap.gap_closed(0.7, 0.6, target_only)), "no gap to close"


def test_records_have_a_budget_of_no_labels(seen):
    runs = gap.run_pair(PAIR, ["blind"], range(2))
    first, second = gap.records(runs, "digits")
    assert (first.method, first.dataset, first.labels, first.seed) == ("blind", "digits", 0, 0)
    assert second.accuracy == pytest.approx(0.3)
    assert first.parameters_total == 785 * 3
    assert first.pretraining_seconds == 0
    assert "keras" in first.versions


def test_records_of_methods_on_letters_count_their_pretraining(seen):
    (record,) = gap.records(gap.run_pair(PAIR, ["on_letters"], [0]), "digits")
    assert record.pretraining_seconds > 0


def test_no_record_of_a_method_that_saw_labels(seen):
    with pytest.raises(DataError, match="seeing sees labels of the target"):
        gap.records(gap.run_pair(PAIR, ["seeing"], [0]), "digits")
