"""``run`` and its records, and the scoreboard that keeps them."""

import dataclasses
import os
import platform
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from tlcourse.data import DataError, labelled_split, load
from tlcourse.experiment import Record, run, scoreboard, table
from tlcourse.methods import METHODS, Method
from tlcourse.models import provenance

CHECKOUT = Path(__file__).resolve().parents[1]
HEAD = 384 * 10 + 10
# Convolutions and batch normalisation, as counted in test_models.py.
CONVOLUTIONS, CHANNELS = 120_608, 288
BASE, BASE_TRAINABLE = CONVOLUTIONS + 4 * CHANNELS, CONVOLUTIONS + 2 * CHANNELS


@pytest.fixture(scope="module")
def digits():
    return load("digits")


@pytest.fixture(scope="module", autouse=True)
def _few_updates():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("tlcourse.methods.training"), "steps_for", lambda n: 20)
        yield


@pytest.fixture(scope="module")
def records(digits) -> dict[str, Record]:
    names = ("scratch", "letters_frozen", "letters_logistic", "letters_finetuned")
    return {name: run(name, digits, 10, 0) for name in names}


# --------------------------------------------------------------------------------------------- run


def test_a_record_says_what_was_run(records):
    for name, record in records.items():
        assert (record.method, record.dataset) == (name, "digits")
        assert (record.labels, record.seed) == (10, 0)
        assert 0.1 < record.accuracy <= 1
        assert record.seconds > 0
        assert record.cpu_seconds > 0


@pytest.mark.parametrize(
    ("name", "trainable"),
    [
        ("scratch", BASE_TRAINABLE + HEAD),
        ("letters_frozen", HEAD),
        ("letters_logistic", HEAD),
        ("letters_finetuned", CONVOLUTIONS + HEAD),
    ],
)
def test_parameters(records, name, trainable):
    record = records[name]
    assert record.parameters_total == BASE + HEAD
    assert record.parameters_deployed == BASE + HEAD
    assert record.parameters_trainable == trainable


def test_pretraining_is_part_of_the_bill(records):
    told = provenance()
    for name, record in records.items():
        bill = (record.pretraining_seconds, record.pretraining_cpu_seconds)
        if name == "scratch":
            assert bill == (0, 0)
        else:
            assert bill == (told["training_seconds"], told["training_cpu_seconds"])


def test_versions(records):
    expected = [f"python {platform.python_version()}", f"keras {keras.__version__}"]
    expected += [f"tlcourse {version('tlcourse')}", f"numpy {np.__version__}", "tensorflow 2."]
    for words in expected:
        assert words in records["scratch"].versions


@pytest.mark.parametrize("name", ["scratch", "letters_frozen"])
def test_the_same_again(records, digits, name):
    again = run(name, digits, 10, 0)
    assert again.accuracy == records[name].accuracy
    untimed = [
        f.name for f in dataclasses.fields(Record) if f.name not in ("seconds", "cpu_seconds")
    ]
    assert [getattr(again, f) for f in untimed] == [getattr(records[name], f) for f in untimed]


@pytest.mark.parametrize(
    "name", ["random_frozen", "autoencoder_frozen", "label_spreading", "fixmatch_scratch"]
)
def test_newer_methods_give_whole_records(digits, monkeypatch, name):
    consistency = import_module("tlcourse.methods.fixmatch")
    monkeypatch.setitem(consistency.train_fixmatch.__kwdefaults__, "steps", 3)
    monkeypatch.setattr(import_module("tlcourse.methods.autoencoder"), "UPDATES", 3)
    record = run(name, digits, 10, 0)
    numbers = [v for v in dataclasses.asdict(record).values() if not isinstance(v, str)]
    assert np.isfinite(numbers).all()
    assert 0 <= record.accuracy <= 1
    assert (record.pretraining_seconds > 0) == (METHODS[name].pretraining is not None)
    assert record.parameters_deployed == BASE + HEAD
    decoder = import_module("tlcourse.methods.autoencoder").build_decoder().count_params()
    extra = {"autoencoder_frozen": decoder, "fixmatch_scratch": BASE + HEAD}.get(name, 0)
    assert record.parameters_total == BASE + HEAD + extra


@pytest.fixture
def spy(monkeypatch):
    """Add a method that always answers 3, and keeps the splits and seeds it was given."""
    given = []

    def always_three(split, seed):
        given.append((split, seed))
        images = keras.Input((28, 28, 1))
        head = keras.layers.Dense(10, activation="softmax", kernel_initializer="zeros", name="head")
        model = keras.Model(images, head(keras.layers.Flatten()(images)))
        head.set_weights([np.zeros((784, 10)), np.eye(10)[3]])
        return model

    monkeypatch.setitem(METHODS, "always_three", Method(always_three, "always 3"))
    return given


def test_accuracy_is_the_share_of_right_answers_on_the_test_part(spy, digits):
    record = run("always_three", digits, 50, 0)
    assert record.accuracy == pytest.approx((digits.test.labels == 3).mean())
    assert record.parameters_total == record.parameters_trainable == 7850


def test_methods_get_the_drawn_labels_and_never_the_test_part(spy, digits):
    for seed in (0, 0, 1):
        run("always_three", digits, 50, seed)
    (first, _), (again, _), (other, other_seed) = spy
    expected = labelled_split(digits, total=50, seed=0)
    for split in (first, again):
        assert np.array_equal(split.labelled.images, expected.labelled.images)
        assert np.array_equal(split.labelled.labels, expected.labelled.labels)
    assert other_seed == 1
    assert not np.array_equal(other.labelled.images, first.labelled.images)
    test = {image.tobytes() for image in digits.test.images}
    seen = np.concatenate([first.labelled.images, first.unlabelled])
    assert len(seen) == 1197
    assert not test & {image.tobytes() for image in seen}


@pytest.mark.parametrize(
    ("method", "labels", "words"),
    [
        ("letters", 10, "no method named 'letters'"),
        ("scratch", 5, "ask for 10 at least"),
        ("scratch", 2000, "has 1,197 training examples"),
    ],
)
def test_what_cannot_be_run(digits, method, labels, words):
    with pytest.raises(DataError, match=words):
        run(method, digits, labels, 0)


def test_table(records):
    columns = [field.name for field in dataclasses.fields(Record)]
    found = table(records.values())
    assert found.columns.tolist() == columns
    assert found["method"].tolist() == list(records)
    assert found["accuracy"].dtype == float
    assert table([]).columns.tolist() == columns


# -------------------------------------------------------------------------------------- scoreboard


@pytest.fixture
def board(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path))
    return tmp_path / "scoreboard.json"


@pytest.fixture
def record(records):
    return records["scratch"]


def test_an_empty_scoreboard_has_its_columns(board):
    assert scoreboard.read().empty
    assert "accuracy" in scoreboard.read().columns


def test_add(board, records):
    first = scoreboard.add([records["scratch"]])
    assert len(first) == 1
    both = scoreboard.add([records["letters_frozen"], records["letters_logistic"]])
    expected = table(records[n] for n in ("scratch", "letters_frozen", "letters_logistic"))
    pd.testing.assert_frame_equal(both, expected)
    pd.testing.assert_frame_equal(scoreboard.read(), expected)


def test_the_same_run_again_replaces_its_record(board, record):
    scoreboard.add([record])
    better = dataclasses.replace(record, accuracy=0.99)
    assert scoreboard.add([better])["accuracy"].tolist() == [0.99]
    for change in ({"seed": 1}, {"labels": 50}, {"dataset": "mnist"}, {"method": "other"}):
        scoreboard.add([dataclasses.replace(record, **change)])
    assert len(scoreboard.read()) == 5
    assert scoreboard.read()["accuracy"].iloc[0] == 0.99


def test_reset(board, record):
    scoreboard.reset()
    scoreboard.add([record])
    scoreboard.reset()
    assert scoreboard.read().empty


def test_budgets_and_seeds_from_numpy(board, digits, spy):
    """``for seed in np.arange(3)`` is how many people write a loop."""
    record = run("always_three", digits, np.int64(50), np.int64(1))
    assert scoreboard.add([record])["seed"].tolist() == [1]


def test_a_damaged_scoreboard_is_kept_aside(board, record, capsys):
    board.write_text('[{"method": "scra')
    assert len(scoreboard.add([record])) == 1
    assert "kept as" in capsys.readouterr().out
    assert board.with_name("scoreboard.json.damaged").read_text() == '[{"method": "scra'


def test_rows_of_another_version_of_the_course_do_no_harm(board, record):
    board.write_text('[{"method": "scratch", "accuracy": 0.5}]')
    assert scoreboard.read().empty
    assert len(scoreboard.add([record])) == 1


def test_survives_in_a_new_process(board, record):
    scoreboard.add([record])
    code = """
from tlcourse.experiment import scoreboard
print(scoreboard.read()[["method", "labels", "accuracy"]].values.tolist())
"""
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    run = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert run.stderr == ""
    assert run.stdout.strip() == str([["scratch", 10, record.accuracy]])
