"""Benchmarks: the two sides of each do the same work; the table says what was measured.

How fast anything is, no test asks.
"""

import hashlib
import inspect
import json
import shutil

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from bars import small_base

from benchmarks import (
    NAMES,
    adaptation,
    features_once,
    grid,
    input_pipeline,
    kernels,
    measuring,
    rivals,
    training_step,
)
from benchmarks import __main__ as runner
from benchmarks import time_to_accuracy as racing
from benchmarks.measuring import alternate, compare
from benchmarks.notebook_environment import SHARED
from tlcourse import experiment
from tlcourse.data import Examples, load
from tlcourse.data.paths import REPOSITORY
from tlcourse.data.weights import IMAGENET_WEIGHTS
from tlcourse.experiment.gap import Pair
from tlcourse.models import accuracy, add_head, imagenet_base

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def digits():
    return load("digits")


# ---------------------------------------------------------------------------------------- measuring


@pytest.mark.parametrize(
    ("options", "ratio", "met"),
    [
        ({}, 3, None),
        ({"wanted": 2}, 3, True),
        ({"wanted": 4}, 3, False),
        ({"wanted": 2, "valid": False}, 3, False),  # a fast way to a worse result
        ({"wanted": 2, "more_is_better": True}, 1 / 3, False),
    ],
)
def test_a_ratio_above_one_is_always_better(options, ratio, met):
    row = compare("", [2, 1, 99], [6, 6, 5], "s", **options)
    assert (row.ours, row.other) == (2, 6)
    assert row.ratio == pytest.approx(ratio)
    assert row.met is met
    assert row.runs == {"ours": [2, 1, 99], "other": [6, 6, 5]}


def test_repeats_take_turns():
    order = []
    found = alternate(lambda: order.append("a") or 1.0, lambda: order.append("b") or 2.0, repeats=3)
    assert order == list("ababab")
    assert found == [[1.0] * 3, [2.0] * 3]


def test_the_table_shows_every_row_with_its_notes_and_machine(tmp_path):
    machine = measuring.machine()
    good = vars(compare("quick thing", [2], [6], "s", wanted=2, notes="How it was done."))
    bad = vars(compare("slow thing", [6], [3], "ms", wanted=2, notes="And this one."))
    results = {
        "grid": {"data": "digits", "machine": machine, "rows": [bad]},
        "features_once": {"data": "digits", "machine": machine, "rows": [good]},
    }
    runner.write(results, tmp_path)
    text = (tmp_path / "results.md").read_text()
    assert "| 1 | quick thing | 2 | 6 | s | 3.00× | ≥ 2×: yes |" in text
    assert "| 2 | slow thing | 6 | 3 | ms | 0.50× | ≥ 2×: **no** |" in text
    assert text.index("1. How it was done.") < text.index("2. And this one.")
    assert text.count("Measured on") == 1
    assert machine["cpu"] in text
    assert f"keras {keras.__version__}" in text
    stored = json.loads((tmp_path / "results.json").read_text())
    assert list(stored) == ["features_once", "grid"]
    assert stored["grid"]["rows"][0]["runs"] == {"ours": [6], "other": [3]}


def test_the_readme_shows_the_committed_table():
    table, _, _ = (runner.FOLDER / "results.md").read_text(encoding="utf-8").partition("\n\n")
    assert table in (REPOSITORY / "README.md").read_text(encoding="utf-8")
    rows = json.loads((runner.FOLDER / "results.json").read_text(encoding="utf-8"))
    assert set(rows) == set(NAMES)
    assert runner.table(rows).startswith(table)


def test_one_benchmark_keeps_the_rows_of_the_others_and_a_failure_loses_nothing(
    tmp_path, monkeypatch, capsys
):
    found = {"data": "digits", "machine": measuring.machine(), "rows": []}
    monkeypatch.setattr(runner, "run", lambda name, **_: None if name == "grid" else found)
    assert runner.main(["--smoke", "features_once", "--out", str(tmp_path)]) == 0
    assert not list(tmp_path.iterdir())  # of that, nothing is stored
    assert runner.main(["features_once", "--out", str(tmp_path)]) == 0
    assert runner.main(["grid", "training_step", "--out", str(tmp_path)]) == 1
    assert "Failed: grid" in capsys.readouterr().err
    stored = json.loads((tmp_path / "results.json").read_text())
    assert list(stored) == ["features_once", "training_step"]
    with pytest.raises(SystemExit):
        runner.main(["grids"])
    assert "no benchmark named grids" in capsys.readouterr().err


def test_each_name_is_a_module_that_measures():
    for name in NAMES:
        text = (runner.FOLDER / f"{name}.py").read_text(encoding="utf-8")
        assert "\ndef measure(data: str" in text
        assert text.endswith("run_alone(measure)\n")


# --------------------------------------------------------------------------------- time to accuracy


def test_the_example_is_the_published_one():
    model = racing.example(10)
    assert model.count_params() == 34_826
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds == [*["Conv2D", "MaxPooling2D"] * 2, "Flatten", "Dropout", "Dense"]


def test_the_example_stops_at_the_first_epoch_that_reaches_the_target(digits):
    seconds, reached, trained = racing.train_example(digits, 0, epochs=2, target=0.3)
    assert trained == 1
    assert reached >= 0.3
    assert seconds > 0


def test_validation_never_sees_the_test_set(digits, monkeypatch):
    seen = []
    monkeypatch.setattr(racing, "_trained", lambda examples, *_: seen.append(examples))
    monkeypatch.setattr(racing, "accuracy", lambda _, examples: seen.append(examples))
    racing.validation_accuracy(digits, "scratch", 1)
    both = np.concatenate([examples.images for examples in seen])
    assert np.array_equal(both, digits.train.images)


# ------------------------------------------------------------------------------------ features once


def test_a_head_on_features_ends_like_one_behind_the_frozen_base(digits):
    task = features_once.make_task(digits, images=200, epochs=4)
    assert task.steps == 12
    ours, other = features_once.on_features(task), features_once.through_the_base(task)
    for one, two in zip(ours.get_weights(), other.get_weights(), strict=True):
        assert np.allclose(one, two, atol=1e-4)
    assert np.abs(ours.get_layer("head").get_weights()[0]).max() > 1e-3  # it did learn
    right = [accuracy(model, digits.test) for model in (ours, other)]
    assert right[0] == pytest.approx(right[1], abs=0.002)


def test_the_row_of_features_once(monkeypatch):
    monkeypatch.setattr(features_once, "use_threads", lambda number: None)
    (row,) = features_once.measure("digits", smoke=True)
    assert "4 steps of 64 images on both sides" in row.notes
    assert min(row.ours, row.other) > 0


# ----------------------------------------------------------------------------------- input pipeline


def test_streamed_and_enlarged_first_give_the_same_features(tmp_path, monkeypatch):
    weights = SHARED / "keras" / "models" / IMAGENET_WEIGHTS.name
    if not weights.exists():
        pytest.skip("the ImageNet weights are not in ../shared/keras")
    shutil.copyfile(weights, tmp_path / weights.name)
    monkeypatch.setattr("tlcourse.data.weights.weights_folder", lambda: tmp_path)
    images = RNG.random((40, 28, 28, 1), dtype=np.float32)
    base = imagenet_base(input_pipeline.LAYER, size=32)
    streamed = input_pipeline.streamed(base, images)
    assert streamed.shape == (40, base.output_shape[-1])
    assert np.allclose(input_pipeline.enlarged_first(base, images), streamed, atol=1e-4)
    assert base.get_layer(index=-1).get_layer(input_pipeline.FIRST_BLOCK)


# ------------------------------------------------------------------------------------ training step


def test_the_bare_convolutions_are_those_of_the_network_and_their_gradients():
    parts = kernels.random_convolutions()
    found = iter(kernels.bare_convolutions(parts)())
    layers = kernels.convolutions_of(training_step.build().get_layer("base"))
    for layer, (x, kernel, dy, stride) in zip(layers, parts, strict=True):
        assert x.shape[1:] == layer.input.shape[1:]
        assert kernel.shape == layer.kernel.shape
        with tf.GradientTape() as tape:
            y = tf.nn.conv2d(x, kernel, stride, layer.padding.upper())
        gradients = tape.gradient(y, (kernel, x), output_gradients=dy)
        expected = (y, *gradients) if layer is not layers[0] else (y, gradients[0])
        for true in expected:
            assert np.allclose(next(found), true, atol=1e-2, rtol=1e-3)
    assert next(found, None) is None
    macs = np.array([14**2 * 25 * 32, 14**2 * 9 * 32 * 32, 7**2 * 9 * 32 * 64,
                     7**2 * 9 * 64 * 64, 4**2 * 9 * 64 * 96])  # fmt: skip
    assert kernels.operations() == 2 * 64 * (3 * macs.sum() - macs[0])


def small_network() -> keras.Model:
    keras.utils.set_random_seed(0)
    return add_head(small_base(), 10)


def test_the_step_of_our_own_updates_like_keras():
    images = RNG.random((64, 28, 28, 1), dtype=np.float32)
    labels = np.arange(64) % 10
    one, other = small_network(), small_network()
    step = training_step.whole_step(one, images, labels)
    losses = [step() for _ in range(2)]
    optimizer = keras.optimizers.Adam(training_step.LEARNING_RATE)
    other.compile(optimizer, "sparse_categorical_crossentropy")
    assert losses == pytest.approx([other.train_on_batch(images, labels) for _ in "ab"], rel=1e-3)
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        assert np.allclose(a, b, atol=2e-3)


def test_both_loops_make_the_same_number_of_steps():
    images, labels = RNG.random((192, 28, 28, 1), dtype=np.float32), np.arange(192) % 10
    for loop in (training_step.our_loop, training_step.plain_fit):
        model = small_network()
        assert loop(model, images, labels) > 0
        assert int(model.optimizer.iterations) == 6


# --------------------------------------------------------------------------------------------- grid


def test_two_workers_and_one_process_run_the_same_cells(digits, monkeypatch, capsys):
    signature = inspect.signature(experiment.engine.execute)

    def execute(*arguments, **options):
        given = signature.bind(*arguments, **options).arguments
        assert given["workers"] == 2
        return experiment.table(
            experiment.run(cell.method, digits, cell.labels, cell.seed) for cell in given["cells"]
        )

    monkeypatch.setattr(experiment.engine, "execute", execute)
    keys = json.dumps([("letters_frozen", "digits", 50, 0)])
    for way in ("two_workers", "one_process"):
        grid.print_table(way, keys)
    lines = capsys.readouterr().out.splitlines()
    two, one = (json.loads(line)[0] for line in lines if line.startswith("["))
    for column in ("method", "dataset", "labels", "seed", "accuracy"):
        assert two[column] == one[column]


# --------------------------------------------------------------------------------------- adaptation


def test_adaptation_goes_on_where_it_was_stopped_and_chooses_without_the_target(
    tmp_path, monkeypatch, capsys
):
    images, calls = RNG.random((20, 28, 28, 1), dtype=np.float32), []
    some = Examples(images, np.arange(20) % 10)

    def measure(pair, augmented, held_out, method, weight, seed, updates):
        if len(calls) == 17:
            calls.append("stopped")
            raise KeyboardInterrupt
        calls.append((method, weight, seed, updates))
        # The larger the weight, the better on the target, but the rule prefers 1.
        on_target = {"source_only": 50, "target_only": 90}.get(method, 60 + weight + seed / 10)
        found = 90.0, 80.0 - abs(weight - 1), 100.0, float(on_target), 70.0, 75.0, 1.0
        return dict(zip(adaptation.MEASURED, found, strict=True))

    monkeypatch.setattr(adaptation, "use_threads", lambda number: None)
    monkeypatch.setattr(adaptation, "measure", measure)
    monkeypatch.setattr(adaptation, "AUGMENTED", 40)
    monkeypatch.setattr(adaptation, "HELD_OUT", 20)
    pair = Pair("a → b", some, some, some)
    monkeypatch.setattr(adaptation, "shifts", lambda data: iter([(pair, some)]))
    path = tmp_path / "adaptation.csv"
    with pytest.raises(KeyboardInterrupt):
        adaptation.main([], path)
    adaptation.main([], path)
    rows = pd.read_csv(path)
    assert len(rows) == len(calls) - 1 == len(set(calls) - {"stopped"}) == 36
    chosen = adaptation.choose(rows, "weighted_accuracy").loc["dann"]
    assert chosen["weight"].tolist() == [1.0] * 3
    printed = capsys.readouterr().out
    assert "dann with the rule's weight beats source_only (+11.1 points" in printed
    assert "dann with the target's best weight beats source_only (+20.1 points" in printed
    told = json.loads((tmp_path / "adaptation.json").read_text(encoding="utf-8"))
    assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_committed_table_of_adaptation_is_whole_and_as_its_provenance_says():
    rows, text = pd.read_csv(adaptation.TABLE), adaptation.TABLE.read_text(encoding="utf-8")
    told = json.loads(adaptation.TABLE.with_suffix(".json").read_text(encoding="utf-8"))
    assert told["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert len(rows) == 2 * len(adaptation.RUNS) * adaptation.SEEDS
    assert not rows.duplicated(adaptation.KEYS).any()
    assert not rows.isna().any(axis=None)


# ------------------------------------------------------------------------------------------- rivals


def test_every_rival_gives_the_classes_of_all_images_in_their_order():
    """Ten clusters that are easy to tell apart, their images and the labelled ones in any order."""
    truth = RNG.permutation(np.arange(150) % 10)
    features = (5 * np.eye(10)[truth] + RNG.random((150, 10))).astype(np.float32)
    images = np.zeros((150, 28, 28, 1), np.float32)
    images[np.arange(150), 2 * truth + 3] = 1  # a line at another height for each class
    images += RNG.random(images.shape, dtype=np.float32) / 10
    first = RNG.permutation([np.flatnonzero(truth == k)[3] for k in range(10)])
    ways = dict(rivals._ways(images, features))
    assert next(iter(ways)) == rivals.OURS
    for name, (prepare, solve, _) in ways.items():
        found = solve(prepare(), first, truth[first])
        assert found.shape == truth.shape, name
        assert (found == truth).mean() > 0.95, name
