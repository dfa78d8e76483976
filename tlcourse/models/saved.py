"""Saved models: digit classifiers that notebooks hand on to the digit pad, as files in the cache.

A file must be readable by the next kernel, which knows Keras and the course and nothing else.
"""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

import keras

from tlcourse.data.dataset import IMAGE_SHAPE
from tlcourse.data.errors import DataError
from tlcourse.data.paths import atomic_write, cache_dir, put_aside

_LONGEST = 40  # characters of a title, so that it fits beside a figure
_CLASSES = 10


def save_model(title: str, model: keras.Model) -> None:
    """Save a trained classifier of digits, for the digit pad of every notebook.

    A model saved under the same title is replaced, and counts as the latest.

    Args:
        title: what to call it, 1 to 40 characters.
        model: from images ``(n, 28, 28, 1)`` to probabilities ``(n, 10)``, made of Keras's own
            layers. It is saved as a ``.keras`` file in the cache folder.

    Raises:
        DataError: an unfit title, a model of another form, one that a file cannot hold, or a
            folder that cannot be written; what was saved before stays.
    """
    if not title.strip() or len(title) > _LONGEST:
        raise DataError(
            f"A title needs 1 to {_LONGEST} characters; got {title!r}. Choose a short one."
        )
    shapes = _shapes(model)
    if shapes != ((None, *IMAGE_SHAPE), (None, _CLASSES)):
        raise DataError(
            f"Only classifiers of digits are saved, from images (n, 28, 28, 1) to ten "
            f"probabilities; {title!r} goes from {shapes[0]} to {shapes[1]}."
        )
    try:
        with atomic_write(_path(title)) as part:
            _save(title, model, part)
    except OSError as error:
        raise DataError(
            f"{title!r} cannot be saved in {_folder()} ({error.strerror or error}). Free some "
            "space, or let TLCOURSE_CACHE_DIR name a folder in which you may write."
        ) from error


def load_models() -> dict[str, keras.Model]:
    """Return the models saved so far, by title, in the order in which they were saved.

    They are not compiled. A damaged file is put aside as ``<name>.keras.damaged``, and said to be.

    Raises:
        DataError: a file may not be read.
    """
    models = {}
    paths = [path for path in _folder().glob("*.keras") if not path.name.startswith(".")]
    for path in sorted(paths, key=lambda path: (path.stat().st_mtime_ns, path.name)):
        title = unquote(path.stem)
        try:
            models[title] = keras.models.load_model(path, compile=False)
        except MemoryError:
            raise
        except PermissionError as error:
            raise DataError(
                f"{path} may not be read. Change its permissions, or delete it."
            ) from error
        except Exception as error:  # whatever zip, HDF5 and JSON say of a damaged file
            if own := _needs(path):
                print(
                    f"The saved model {title!r} needs code that is not here ({', '.join(own)}); it "
                    f"is left out. Its file stays: {path}."
                )
                continue
            aside = put_aside(path)
            print(
                f"The saved model {title!r} cannot be loaded ({type(error).__name__}); its file "
                f"was put aside as {aside}. Run its notebook again to save it anew."
            )
    return models


def _shapes(model: keras.Model) -> tuple:
    """Return the shapes of a model's input and output; None for what it does not know yet."""
    try:
        return model.input_shape, model.output_shape
    except (AttributeError, ValueError):  # not built, or no Keras model at all
        return None, None


def _save(title: str, model: keras.Model, path: Path) -> None:
    """Save the model, and see whether another kernel will be able to load it."""
    try:
        own = sorted(set(_not_of_keras(keras.saving.serialize_keras_object(model))))
        model.save(path)
        keras.models.load_model(path, compile=False)
    except OSError:
        raise
    except Exception as error:  # Keras has many ways to say that it cannot
        own = [type(error).__name__]
    if own:
        raise DataError(
            f"{title!r} cannot be saved: another notebook could not load it again "
            f"({', '.join(own)}). Build it of Keras's own layers and functions, without Lambda."
        )


def _not_of_keras(config: object) -> Iterator[str]:
    """Give the names of the classes and functions in a Keras config that Keras does not bring."""
    if isinstance(config, dict):
        module = config.get("module") or ""
        named = "class_name" in config and config["class_name"] != "__keras_tensor__"
        if named and module.split(".")[0] != "keras":
            own = config.get("config")  # of a function, its name
            yield own if isinstance(own, str) else str(config["class_name"])
        config = list(config.values())
    if isinstance(config, list | tuple):
        for part in config:
            yield from _not_of_keras(part)


def _needs(path: Path) -> list[str]:
    """Return what a whole file needs that Keras does not bring; [] also for a damaged file."""
    try:
        with zipfile.ZipFile(path) as file:
            return sorted(set(_not_of_keras(json.loads(file.read("config.json")))))
    except Exception:  # whatever zip and JSON say of a damaged file
        return []


def _folder() -> Path:
    return cache_dir() / "models"


def _path(title: str) -> Path:
    # A dot would hide the file at the beginning, and cut its title off further on.
    return _folder() / f"{quote(title, safe='').replace('.', '%2E')}.keras"
