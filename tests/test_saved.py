"""Saved models: the same after loading, in order, replaced whole; damage and misuse are told."""

import importlib
from pathlib import Path

import keras
import numpy as np
import pytest

from tlcourse.data import DataError
from tlcourse.models.saved import load_models, save_model

IMAGES = np.random.default_rng(0).random((3, 28, 28, 1), np.float32)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "models"


def classifier(seed: int = 0, classes: int = 10) -> keras.Model:
    keras.utils.set_random_seed(seed)
    parts = [keras.layers.Flatten(), keras.layers.Dense(classes, activation="softmax")]
    return keras.Sequential([keras.Input((28, 28, 1)), *parts])


def answers(model: keras.Model) -> np.ndarray:
    return np.asarray(model(IMAGES))


def test_nothing_kept_yet(folder):
    assert load_models() == {}
    assert not folder.exists()


def test_a_kept_model_says_the_same():
    model = classifier()
    save_model("first CNN", model)
    assert list(load_models()) == ["first CNN"]
    np.testing.assert_array_equal(answers(load_models()["first CNN"]), answers(model))


def test_models_come_in_the_order_in_which_they_were_kept():
    for seed, title in enumerate(["b", "c", "a"]):
        save_model(title, classifier(seed))
    assert list(load_models()) == ["b", "c", "a"]
    again = classifier(7)
    save_model("b", again)
    assert list(load_models()) == ["c", "a", "b"]
    np.testing.assert_array_equal(answers(load_models()["b"]), answers(again))


@pytest.mark.parametrize("title", ["π/2: a.b %20", ".hidden", "..", "CON?*|", "x" * 40])
def test_any_short_title_will_do(title):
    save_model(title, classifier())
    assert list(load_models()) == [title]


@pytest.mark.parametrize("title", ["", "  ", "x" * 41])
def test_titles_that_will_not_do(title):
    with pytest.raises(DataError, match="1 to 40 characters"):
        save_model(title, classifier())


@pytest.mark.parametrize(
    "model",
    [
        classifier(classes=52),
        keras.Sequential([keras.Input((784,)), keras.layers.Dense(10)]),
        keras.Sequential([keras.layers.Dense(10)]),
        None,
    ],
    ids=["letters", "vectors", "not built", "no model"],
)
def test_only_classifiers_of_digits_are_kept(model, folder):
    with pytest.raises(DataError, match="Only classifiers of digits"):
        save_model("other", model)
    assert not folder.exists()


@keras.saving.register_keras_serializable()
class Own(keras.layers.Layer):
    """Known to the kernel that defines it, and to no other."""

    def call(self, x):
        return x[:, :10, 0, 0]


def twice(x):
    return 2 * x


@pytest.mark.parametrize(
    "last",
    [
        keras.layers.Lambda(lambda x: x[:, :10, 0, 0], output_shape=(10,)),
        Own(),
        keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10, activation=twice)]),
    ],
    ids=["lambda", "own layer", "own function"],
)
def test_what_another_kernel_could_not_load_is_refused_and_the_old_one_stays(folder, last):
    old = classifier()
    save_model("mine", old)
    images = keras.Input((28, 28, 1))
    with pytest.raises(DataError, match="another notebook could not load it again"):
        save_model("mine", keras.Model(images, last(images)))
    np.testing.assert_array_equal(answers(load_models()["mine"]), answers(old))
    assert len(list(folder.iterdir())) == 1, "no half of a file is left"


@pytest.mark.parametrize("damage", [lambda whole: whole[:500], lambda whole: b"", bytes.swapcase])
def test_a_damaged_file_is_put_aside_and_the_others_are_there(folder, capsys, damage):
    save_model("good", classifier())
    save_model("bad", classifier())
    path = folder / "bad.keras"
    path.write_bytes(damage(path.read_bytes()))
    assert list(load_models()) == ["good"]
    said = capsys.readouterr().out
    aside = folder / "bad.keras.damaged"
    assert "'bad' cannot be loaded" in said
    assert str(aside) in said
    assert aside.exists()
    assert list(load_models()) == ["good"]
    assert capsys.readouterr().out == "", "said once"


def test_a_good_file_with_an_own_layer_stays_where_it_is(folder, capsys):
    folder.mkdir(parents=True)
    images = keras.Input((28, 28, 1))
    keras.Model(images, Own()(images)).save(folder / "mine.keras")
    with pytest.MonkeyPatch.context() as patch:  # as a kernel that does not know the layer
        patch.setattr(keras.models, "load_model", lambda *_, **__: (_ for _ in ()).throw(TypeError))
        assert load_models() == {}
    assert "needs code that is not here (Own)" in capsys.readouterr().out
    assert (folder / "mine.keras").exists()


def test_a_file_that_is_being_written_is_no_model(folder):
    save_model("good", classifier())
    (folder / ".abc.bad.keras").write_bytes(b"half")
    assert list(load_models()) == ["good"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(DataError, match="TLCOURSE_CACHE_DIR"):
        save_model("mine", classifier())


def test_a_file_that_may_not_be_read_is_told_and_stays(monkeypatch, folder):
    save_model("mine", classifier())

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(
        importlib.import_module("tlcourse.models.saved").keras.models, "load_model", refuse
    )
    with pytest.raises(DataError, match="may not be read"):
        load_models()
    assert (folder / "mine.keras").exists()
