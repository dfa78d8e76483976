"""``run`` and its records, and the scoreboard that keeps them."""

import dataclasses
import platform
from importlib import import_module
from importlib.metadata import version

import keras
import numpy as np
import pandas as pd
import pytest
from child_process import run as run_in_a_process

from tlcourse.data import DataError, labelled_split, load
from tlcourse.experiment import Record, run, scoreboard, table
from tlcourse.methods import METHODS, Method
from tlcourse.models import provenance

HEAD = 384 * 10 + 10
# Convolutions and batch normalisation, as counted in test_models.py.
CONVOLUTIONS, CHANNELS = 120_608, 288
BASE, BASE_TRAINABLE = CONVOLUTIONS + 4 * CHANNELS, CONVOLUTIONS + 2 * CHANNELS


@pytest.fixture(scope="module")
def digits():
    """Return 400 of the small digits, and 200 to measure on."""
    whole = load("digits")
    parts = {"train": whole.train.take(np.arange(400)), "test": whole.test.take(np.arange(200))}
    return dataclasses.replace(whole, **parts)


@pytest.fixture(scope="module", autouse=True)
def _few_steps():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("tlcourse.methods.training"), "steps_for", lambda n: 20)
        patch.setattr(import_module("tlcourse.methods.autoencoder"), "STEPS", 3)
        fixmatch = import_module("tlcourse.methods.fixmatch")
        patch.setitem(fixmatch.train_fixmatch.__kwdefaults__, "steps", 3)
        yield


# For each method: numbers in training beside base and head, and numbers that its end trains.
PARAMETERS = {
    "scratch": (0, BASE_TRAINABLE + HEAD),
    "letters_frozen": (0, HEAD),
    "letters_finetuned": (0, CONVOLUTIONS + HEAD),
    "autoencoder_frozen": ("decoder", HEAD),
    "fixmatch_scratch": (BASE + HEAD, BASE_TRAINABLE + HEAD),
}


@pytest.fixture(scope="module")
def records(digits) -> dict[str, Record]:
    return {name: run(name, digits, 10, 0) for name in PARAMETERS}


# --------------------------------------------------------------------------------------------- run


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_record_says_what_was_run_and_what_it_took(records, name):
    record = records[name]
    assert (record.method, record.dataset, record.labels, record.seed) == (name, "digits", 10, 0)
    numbers = [v for v in dataclasses.asdict(record).values() if not isinstance(v, str)]
    assert np.isfinite(numbers).all()
    assert 0 < record.accuracy <= 1
    assert min(record.seconds, record.cpu_seconds) > 0
    assert (record.pretraining_cpu_seconds > 0) == (METHODS[name].pretraining is not None)

    extra, trainable = PARAMETERS[name]
    if extra == "decoder":
        extra = import_module("tlcourse.methods.autoencoder").build_decoder().count_params()
    assert record.parameters_total == BASE + HEAD + extra
    assert record.parameters_trainable == trainable
    assert record.parameters_deployed == BASE + HEAD


def test_the_pretraining_of_the_letters_is_part_of_the_bill(records):
    known, record = provenance(), records["letters_frozen"]
    assert record.pretraining_seconds == known["training_seconds"]
    assert record.pretraining_cpu_seconds == known["training_cpu_seconds"]


def test_versions_are_those_of_the_libraries(records):
    for words in (
        f"python {platform.python_version()} tlcourse {version('tlcourse')}",
        f"keras {keras.__version__} numpy {np.__version__}",
        "tensorflow 2.",
    ):
        assert words in records["scratch"].versions


def test_the_same_again(records, digits):
    again = dataclasses.asdict(run("letters_frozen", digits, 10, 0))
    timed = dict.fromkeys(("seconds", "cpu_seconds"))
    assert again | timed == dataclasses.asdict(records["letters_frozen"]) | timed


@pytest.fixture
def given(monkeypatch):
    """Add a method that always predicts a 3, and keeps the splits and seeds it was given."""
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


def test_accuracy_is_the_share_of_right_predictions_on_the_test_set(given, digits):
    record = run("always_three", digits, 50, 0)
    assert record.accuracy == pytest.approx((digits.test.labels == 3).mean())
    assert record.parameters_total == record.parameters_trainable == 7850


def test_methods_get_the_labelled_split_of_the_seed_and_never_the_test_set(given, digits):
    for seed in (0, 0, 1):
        run("always_three", digits, 50, seed)
    (first, _), (again, _), (other, other_seed) = given
    expected = labelled_split(digits, total=50, seed=0)
    for split in (first, again):
        assert np.array_equal(split.labelled.images, expected.labelled.images)
        assert np.array_equal(split.labelled.labels, expected.labelled.labels)
    assert other_seed == 1
    assert not np.array_equal(other.labelled.images, first.labelled.images)
    test = {image.tobytes() for image in digits.test.images}
    seen = np.concatenate([first.labelled.images, first.unlabelled])
    assert len(seen) == 400
    assert not test & {image.tobytes() for image in seen}


@pytest.mark.parametrize(
    ("method", "labels", "seed", "words"),
    [
        ("letters", 10, 0, "no method named 'letters'"),
        ("always_three", 5, 0, "ask for 10 at least"),
        ("always_three", 2000, 0, "has 400 training examples"),
        ("always_three", 10.5, 0, "labels is a whole number"),
        ("always_three", 10, -1, "A seed is a whole number from 0"),
        ("always_three", 10, 2**32, "A seed is a whole number from 0"),
    ],
)
def test_what_cannot_be_run_is_said_before_any_training(given, digits, method, labels, seed, words):
    with pytest.raises(DataError, match=words):
        run(method, digits, labels, seed)
    assert not given


@pytest.mark.parametrize(("labels", "seed"), [(np.int64(50), np.int64(1)), (50.0, 1)])
def test_numbers_of_other_types_become_integers(given, digits, board, labels, seed):
    """``for seed in np.arange(3)`` is how many people write a loop."""
    record = run("always_three", digits, labels, seed)
    assert type(given[0][1]) is type(record.seed) is type(record.labels) is int
    assert scoreboard.add([record])[["labels", "seed"]].values.tolist() == [[50, 1]]


def test_a_table_of_records(records):
    columns = [field.name for field in dataclasses.fields(Record)]
    found = table(records.values())
    assert found.columns.tolist() == table([]).columns.tolist() == columns
    assert found["method"].tolist() == list(records)
    assert found["accuracy"].dtype == float


def test_results_are_read_without_tensorflow():
    code = """
import sys
from tlcourse.experiment import analysis, article, engine, grid, results, scoreboard
table = results.committed_table()
results.committed_records(["scratch"], [10])
print(analysis.means(table).shape, {"tensorflow", "keras", "distributed"} & set(sys.modules))
"""
    assert run_in_a_process(code) == (0, "(133, 6) set()\n", "")


# -------------------------------------------------------------------------------------- scoreboard


@pytest.fixture
def board(tmp_path, monkeypatch):
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path))
    return tmp_path / "scoreboard.json"


def test_the_scoreboard_keeps_one_record_for_each_run(board, records):
    assert scoreboard.read().empty
    assert "accuracy" in scoreboard.read().columns
    scratch, *others = records.values()
    scoreboard.add([scratch])
    expected = table(records.values())
    pd.testing.assert_frame_equal(scoreboard.add(others), expected)
    pd.testing.assert_frame_equal(scoreboard.read(), expected)

    scoreboard.reset()
    scoreboard.add([scratch])
    better = dataclasses.replace(scratch, accuracy=0.99)
    assert scoreboard.add([better])["accuracy"].tolist() == [0.99]
    for change in ({"seed": 1}, {"labels": 50}, {"dataset": "mnist"}, {"method": "other"}):
        scoreboard.add([dataclasses.replace(scratch, **change)])
    assert len(scoreboard.read()) == 5
    code = "from tlcourse.experiment import scoreboard; print(scoreboard.read()['seed'].tolist())"
    assert run_in_a_process(code) == (0, "[0, 1, 0, 0, 0]\n", "")


def test_a_damaged_scoreboard_is_kept_aside(board, records, capsys):
    board.write_text('[{"method": "scra')
    assert len(scoreboard.add([records["scratch"]])) == 1
    assert "kept as" in capsys.readouterr().out
    assert board.with_name("scoreboard.json.damaged").read_text() == '[{"method": "scra'


def test_rows_of_another_version_of_the_course_do_no_harm(board, records):
    board.write_text('[{"method": "scratch", "accuracy": 0.5}]')
    assert scoreboard.read().empty
    assert len(scoreboard.add([records["scratch"]])) == 1
