"""The gap between domains: who gets which labels, shares paired by seed, and when there is none."""

import keras
import numpy as np
import pandas as pd
import pytest

from tlcourse.data import DataError, Examples
from tlcourse.experiment import gap
from tlcourse.methods.adaptation import ADAPTATIONS, Adaptation

IMAGES = np.random.default_rng(0).random((30, 28, 28, 1), dtype=np.float32)
LABELS = np.arange(30) % 3
SOURCE, TARGET = (Examples(IMAGES[i : i + 10], LABELS[i : i + 10]) for i in (0, 10))
TEST = Examples(IMAGES[20:], np.array([0] * 5 + [1] * 3 + [2] * 2))
PAIR = gap.Pair("a → b", SOURCE, TARGET, TEST, n_classes=3)


def always(k: int) -> keras.Model:
    """Return a model that answers every image with class ``k``."""
    model = keras.Sequential(
        [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(3, "softmax")]
    )
    model.layers[-1].set_weights([np.zeros((784, 3)), 5.0 * np.eye(3)[k]])
    return model


@pytest.fixture
def seen(monkeypatch) -> list:
    """Put two methods in place that answer with their seed's class, and note what they get."""
    calls = []

    def blind(source, target, n_classes, seed, *, labelled=None):
        calls.append(("blind", source, target, n_classes, seed, labelled))
        return always(seed)

    def seeing(source, target, n_classes, seed, *, labelled=None):
        calls.append(("seeing", source, target, n_classes, seed, labelled))
        return always(seed)

    for train, sees_labels in ((blind, False), (seeing, True)):
        method = Adaptation(train, train.__name__, sees_labels=sees_labels)
        monkeypatch.setitem(ADAPTATIONS, method.name, method)
    return calls


# --------------------------------------------------------------------------------------- the runs


def test_run_measures_each_method_with_each_seed_on_the_test_examples(seen):
    runs = gap.run_pair(PAIR, ["blind", "seeing"], range(3))
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


def test_few_labels_replace_all_of_them(seen):
    few = {seed: TARGET.take(np.array([seed])) for seed in range(2)}
    gap.run_pair(PAIR, ["seeing", "blind"], range(2), few=few)
    given = {(name, seed): labelled for name, *_, seed, labelled in seen}
    assert given["seeing", 0] is few[0]
    assert given["seeing", 1] is few[1]
    assert given["blind", 0] is None


def test_an_unknown_method_is_refused_before_anything_is_trained(seen):
    with pytest.raises(DataError, match="no way of adapting named 'magic'"):
        gap.run_pair(PAIR, ["blind", "magic"], [0])
    assert not seen


def test_accuracy_needs_examples():
    with pytest.raises(DataError, match="there are none"):
        gap.accuracy(always(0), TEST.take(np.arange(0)))


# ------------------------------------------------------------------------------------- the shares


@pytest.mark.parametrize(
    ("adapted", "share"), [(0.6, 0), (0.75, 0.5), (0.9, 1), (0.45, -0.5), (0.96, 1.2)]
)
def test_share_of_one_gap(adapted, share):
    assert gap.gap_closed(adapted, 0.6, 0.9) == pytest.approx(share)


@pytest.mark.parametrize("ceiling", [0.3, 0.6, 0.61])
def test_no_share_of_no_gap(ceiling):
    assert np.isnan(gap.gap_closed(0.7, 0.6, ceiling))


def table(**accuracies: list[float]) -> pd.DataFrame:
    rows = [("a → b", m, s, v) for m, values in accuracies.items() for s, v in enumerate(values)]
    return pd.DataFrame(rows, columns=["pair", "method", "seed", "accuracy"])


ENDS = {"source_only": [0.5, 0.6, 0.7], "target_only": [0.9, 0.9, 0.9]}


def test_shares_are_paired_by_seed():
    # 0.1 of 0.4, 0.15 of 0.3, 0.15 of 0.2: the shares are 25, 50 and 75 %.
    found = gap.gaps_closed(table(**ENDS, dann=[0.6, 0.75, 0.85])).loc["dann"]
    assert found["mean"] == pytest.approx(50)
    half = 4.3027 * 25 / np.sqrt(3)  # Student's t for two degrees of freedom
    assert [found["low"], found["high"]] == pytest.approx([50 - half, 50 + half], rel=1e-4)
    assert found["n"] == 3


def test_shares_do_not_depend_on_the_order_of_rows():
    whole = table(**ENDS, dann=[0.6, 0.75, 0.85])
    mixed = whole.sample(frac=1, random_state=0)
    assert gap.gaps_closed(mixed).loc["dann", "mean"] == pytest.approx(50)


def test_no_interval_for_two_seeds():
    two = table(source_only=[0.5, 0.5], mmd=[0.6, 0.7], target_only=[0.9, 0.9])
    found = gap.gaps_closed(two).loc["mmd"]
    assert found["mean"] == pytest.approx(37.5)
    assert np.isnan(found["low"])


def test_one_seed_without_a_gap_leaves_no_share():
    none = table(source_only=[0.5, 0.6, 0.9], target_only=[0.9] * 3, dann=[0.7, 0.7, 0.9])
    found = gap.gaps_closed(none).loc["dann"]
    assert found["n"] == 0
    assert np.isnan(found["mean"])
    assert gap.describe(none).startswith("There is no gap to close")


def test_told_says_how_wide_the_gap_is():
    said = gap.describe(table(**ENDS))
    assert said.startswith("The gap is 30.0 points wide: 60.0 % with the source only, 90.0 %")


@pytest.mark.parametrize("name", ["source_only", "target_only"])
def test_shares_need_floor_and_ceiling(name):
    whole = table(**ENDS, dann=[0.6, 0.75, 0.85])
    with pytest.raises(DataError, match=f"the table has no {name}"):
        gap.gaps_closed(whole[whole["method"] != name])


def test_shares_are_of_one_pair():
    whole = table(**ENDS)
    with pytest.raises(DataError, match="one pair of domains"):
        gap.gaps_closed(pd.concat([whole, whole.assign(pair="c → d")]))


# ----------------------------------------------------------------------------------- told apart


def test_told_apart_is_half_for_the_same_and_one_for_far_domains():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(300, 8)), rng.normal(size=(300, 8))
    assert gap.domain_accuracy(one, other) == pytest.approx(0.5, abs=0.08)
    assert gap.domain_accuracy(one, other + 10) == 1
    middling = gap.domain_accuracy(one, other + 0.5)
    assert 0.6 < middling < 0.99


def test_told_apart_gains_nothing_by_naming_the_larger_domain():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(600, 4)), rng.normal(size=(60, 4))
    assert gap.domain_accuracy(one, other) == pytest.approx(0.5, abs=0.08)


# -------------------------------------------------------------------------------- the scoreboard


def test_records_have_a_budget_of_no_labels(seen):
    runs = gap.run_pair(PAIR, ["blind"], range(2))
    first, second = gap.records(runs, "digits")
    assert (first.method, first.dataset, first.labels, first.seed) == ("blind", "digits", 0, 0)
    assert second.accuracy == pytest.approx(0.3)
    assert first.parameters_total == 785 * 3
    assert first.pretraining_seconds == 0
    assert "keras" in first.versions


def test_records_of_methods_on_letters_count_their_pretraining(seen, monkeypatch):
    method = Adaptation(ADAPTATIONS["blind"].train, "on letters")
    monkeypatch.setitem(ADAPTATIONS, "letters_like", method)
    runs = gap.run_pair(PAIR, ["blind"], [0])
    renamed = gap.Runs(runs.table.assign(method="letters_like"), {("letters_like", 0): always(0)})
    (record,) = gap.records(renamed, "digits")
    assert record.pretraining_seconds > 0


def test_no_record_of_a_method_that_saw_labels(seen):
    with pytest.raises(DataError, match="seeing sees labels of the target"):
        gap.records(gap.run_pair(PAIR, ["seeing"], [0]), "digits")
