"""From a folder of photographs to a project: on made-up ones, with the letters base."""

import json
import os
import shutil
import warnings

import keras
import numpy as np
import pandas as pd
import pytest
from photo_folders import photograph, write_photos

from tlcourse import project
from tlcourse.cli import main
from tlcourse.data import DataError, check_photos
from tlcourse.models import letters_photo_base


@pytest.fixture(scope="module")
def base():
    """The letters base, which stands in for ImageNet's; built once."""
    return letters_photo_base(project.SIZE)


@pytest.fixture
def pets(tmp_path):
    return write_photos(tmp_path / "pets", 12)


@pytest.fixture
def trained(tmp_path, pets, base, monkeypatch):
    monkeypatch.setattr(project, "photo_base", lambda size: base)
    card = project.train(pets, tmp_path / "project")
    return tmp_path / "project", card


def test_a_project_holds_model_card_and_what_was_used_for_what(trained, pets, capsys):
    out, card = trained
    assert {path.name for path in out.iterdir()} == {
        *("card.json", "card.md", "features.json", "features.npy", "model.keras", "model.tflite"),
        "photos.csv",
    }
    assert card == json.loads((out / "card.json").read_text(encoding="utf-8"))
    assert card["classes"] == ["cat", "dog"]
    assert sum(card["photographs"].values()) == 24
    assert card["settings"]["pixels"] == project.SIZE
    right, low, high = card["accuracy on the test set"]["model"]
    assert low <= right <= high
    text = (out / "card.md").read_text(encoding="utf-8")
    assert project.line(card) in text
    assert str(pets) not in text
    used = pd.read_csv(out / "photos.csv")
    assert used["split"].value_counts().to_dict() == card["photographs"]


def test_both_saved_models_predict_what_the_head_does(trained, pets):
    import tensorflow as tf

    out, _ = trained
    photo = project.read_photo(pets / "dog" / "3.jpg", project.SIZE)[np.newaxis].astype("float32")
    expected = keras.models.load_model(out / "model.keras").predict(photo, verbose=0)
    assert expected.shape == (1, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is to move to another package
        lite = tf.lite.Interpreter(str(out / "model.tflite"))
    lite.allocate_tensors()
    lite.set_tensor(lite.get_input_details()[0]["index"], photo)
    lite.invoke()
    found = lite.get_tensor(lite.get_output_details()[0]["index"])
    assert np.allclose(found, expected, atol=1e-3)


def test_the_card_measures_the_model_that_is_kept(trained, pets):
    out, card = trained
    used = pd.read_csv(out / "photos.csv").query("split == 'test'")
    answers = project.predict(out, [pets / name for name in used["file"]])
    right = (answers["label"].to_numpy() == used["label"].to_numpy()).mean()
    assert right == pytest.approx(card["accuracy on the test set"]["model"][0])


def test_an_interrupted_run_goes_on_and_a_new_photograph_is_added(tmp_path, pets, base):
    out = tmp_path / "project"
    seen = []

    class Counting:
        input_shape, output_shape = base.input_shape, base.output_shape

        def predict_on_batch(self, photos):
            seen.append(len(photos))
            if len(seen) == 2 and not (tmp_path / "again").exists():
                raise KeyboardInterrupt
            return base.predict_on_batch(photos)

    write_photos(pets, 40, ["owl"], start=4000)
    report = check_photos(pets, progress=False)
    with pytest.raises(KeyboardInterrupt):
        project.features_of(report, Counting(), out)
    (tmp_path / "again").touch()
    features = project.features_of(report, Counting(), out)
    assert seen == [32, 32, 32]  # 64 in all, the second batch twice
    assert np.isfinite(features).all()
    photograph(999).save(pets / "cat" / "new.png")
    report = check_photos(pets, progress=False)
    added = project.features_of(report, Counting(), out)
    assert seen[3:] == [1]
    (row,) = np.flatnonzero(report.photos["file"] == os.path.join("cat", "new.png"))
    assert np.allclose(np.delete(added, row, axis=0), features)


def test_what_is_strange_or_unsure_is_said(trained, tmp_path):
    out, _ = trained
    strange = photograph(1).point(lambda level: 255 * (level > 127))
    strange.convert("L").save(tmp_path / "strange.png")
    answers = project.predict(out, [tmp_path / "strange.png"])
    assert answers.loc[0, "remark"] in ("unsure", "unlike the training set")


BAD = {
    "no project": (lambda out: shutil.rmtree(out), "There is no whole project in"),
    "half a project": (lambda out: (out / "model.keras").write_bytes(b"x"), "no whole project"),
    "no card": (lambda out: (out / "card.json").unlink(), "no whole project in"),
}


@pytest.mark.parametrize("name", BAD)
def test_half_a_project_says_how_to_make_it(trained, pets, name):
    do, message = BAD[name]
    out, _ = trained
    do(out)
    with pytest.raises(DataError, match=message):
        project.predict(out, [pets / "cat" / "1.jpg"])


def test_a_folder_that_holds_something_else_is_not_written_to(tmp_path, pets):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("mine")
    with pytest.raises(DataError, match="holds something else already"):
        project.train(pets, tmp_path / "thesis")
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["chapter.txt"]
    with pytest.raises(DataError, match="is a file; give a new folder"):
        project.train(pets, tmp_path / "thesis" / "chapter.txt")


def test_the_commands(tmp_path, pets, base, monkeypatch, capsys):
    monkeypatch.setattr(project, "photo_base", lambda size: base)
    assert main(["photos", "check", str(pets)]) == 0
    assert "24 photographs of 2 classes: cat 12, dog 12" in capsys.readouterr().out
    out = tmp_path / "project"
    assert main(["photos", "train", str(pets), "--out", str(out)]) == 0
    assert "test photographs right, 95 % interval" in capsys.readouterr().out
    image = str(pets / "cat" / "1.jpg")
    assert main(["photos", "predict", str(out), image]) == 0
    assert capsys.readouterr().out.startswith(f"{image}: ")
    assert main(["photos", "predict", str(out), str(pets / "gone.jpg")]) == 1
    assert "gone.jpg is not there" in capsys.readouterr().err
