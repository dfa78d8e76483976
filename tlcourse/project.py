"""A project: from a folder of photographs to a tested classifier, and a card that describes it.

What notebook 13 does step by step, for the command ``tlcourse photos``. A project is a folder:
``model.keras``, ``model.tflite``, ``card.json``, ``card.md``, ``photos.csv`` (which photograph was
used for what), and ``features.npy``, from which an interrupted run goes on. The photographs
themselves are only read.
"""

import hashlib
import json
import os
import platform
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from scipy.stats import binomtest

from tlcourse import __version__
from tlcourse.data.errors import DataError
from tlcourse.data.paths import atomic_write
from tlcourse.data.photo_check import PhotoReport, check_photos, split_photos
from tlcourse.data.photos import read_photo
from tlcourse.data.validation import check_path, check_seed
from tlcourse.methods.supervised import fit_logistic
from tlcourse.models import photo_base
from tlcourse.models.lite import to_litert

BASE, SIZE = "MobileNetV2 (alpha 0.35) with ImageNet's weights, frozen", 160  # pixels
STRENGTHS = (0.001, 0.01, 0.1, 1.0)  # C of the logistic regression; the smaller, the more penalty
UNSURE = 0.6  # a largest probability below this is said to be unsure
_BATCH = 32  # photographs in memory at once
_BINS = 4  # of each colour, in the histograms of the baseline


def train(source: str | os.PathLike[str], out: str | os.PathLike[str], *, seed: int = 0) -> dict:
    """Check photographs, train a head on frozen ImageNet features, test it once, and keep all.

    Training, validation and test sets are those of the folder, or three fifths, one fifth and one
    fifth of it, with near duplicates on one side. Only the strength of the penalty is chosen, on
    the validation set.

    Args:
        source: a folder of class folders, or a CSV file; see ``tlcourse.data.check_photos``.
        out: the folder of the project; made if it is not there. One that holds anything else than
            a project of the same photographs is refused.
        seed: of the division, 0 to 2**32 - 1.

    Returns:
        The card: what was done with what, and how good it is.

    Raises:
        DataError: photographs that cannot be used, a class with fewer than five, ImageNet's
            weights that are not here, or a folder that cannot be written.
    """
    seed, out = check_seed(seed), _project_folder(out)
    report = check_photos(source)
    print(report)
    photos = report.photos.assign(split=split_photos(report.photos, seed=seed))
    labels = photos["label"].map(report.classes.index).to_numpy()
    base = photo_base(SIZE)
    features = features_of(report, base, out)
    part = {name: (photos["split"] == name).to_numpy() for name in ("train", "validation", "test")}
    head, C = choose_head(features, labels, part)
    model = build_model(base, *head)
    test = part["test"]
    right = (features[test] @ head[0] + head[1]).argmax(axis=1) == labels[test]
    accuracy = {"model": interval(right), "colours alone": _colours_alone(report, labels, part)}
    majority = np.bincount(labels[part["train"]]).argmax()
    accuracy["the largest class alone"] = interval(labels[test] == majority)
    settings = {"base": BASE, "pixels": SIZE, "C": C, "seed": seed}
    return keep(out, report, photos["split"], model, features, accuracy, settings)


def keep(
    out: Path,
    report: PhotoReport,
    split: pd.Series,
    model: keras.Model,
    features: np.ndarray,
    accuracy: dict[str, tuple[float, float, float]],
    settings: dict,
) -> dict:
    """Write a project: the model in two forms, its card in two forms, and what was used for what.

    Args:
        out: the folder of the project.
        report: from ``check_photos``.
        split: ``"train"``, ``"validation"`` or ``"test"`` for each photograph of the report.
        model: from ``build_model``, trained.
        features: of each photograph, as from ``features_of``.
        accuracy: on the test set, each with the ends of its interval, 0 to 1; ``"model"`` first.
        settings: what was chosen, and the seed.

    Returns:
        The card.

    Raises:
        DataError: the folder cannot be written.
    """
    part = {name: (split == name).to_numpy() for name in ("train", "validation", "test")}
    card = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "classes": report.classes,
        "photographs": {name: int(chosen.sum()) for name, chosen in part.items()},
        "accuracy on the test set": {name: list(ends) for name, ends in accuracy.items()},
        "settings": settings,
        "unlike the training set from a distance of": _far(features, part),
        "limits": _limits(report, split),
        "versions": {"tlcourse": __version__, "keras": keras.__version__}
        | {"python": platform.python_version()},
    }
    try:
        _write(out, model, card, report.photos.assign(split=split))
    except OSError as error:
        raise DataError(_cannot_write(out, error)) from error
    return card


def line(card: dict) -> str:
    """Return the result of a card in one line."""
    right, low, high = (100 * share for share in card["accuracy on the test set"]["model"])
    return (
        f"{right:.1f} % of {card['photographs']['test']:,} test photographs right, 95 % interval "
        f"{low:.1f} to {high:.1f} %, {len(card['classes'])} classes"
    )


def predict(
    project: str | os.PathLike[str], images: Sequence[str | os.PathLike[str]]
) -> pd.DataFrame:
    """Classify photographs with the model of a project.

    Args:
        project: its folder.
        images: paths of photographs.

    Returns:
        A row for each: ``file``, ``label``, ``confidence`` (0 to 1), and ``remark``: ``unsure``,
        ``unlike the training set`` or nothing.

    Raises:
        DataError: no project in that folder, no photograph, or one that cannot be read.
    """
    folder = check_path(project)
    try:
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        model = keras.models.load_model(folder / "model.keras", compile=False)
        known = np.load(folder / "features.npy", mmap_mode="r")
        split = pd.read_csv(folder / "photos.csv")["split"]
    except (OSError, ValueError):
        raise DataError(
            f"There is no whole project in {folder}; make it with 'tlcourse photos train FOLDER "
            f"--out {folder}'."
        ) from None
    if not len(images):
        raise DataError("There is no photograph to classify; name one at least.")
    photos = np.stack([read_photo(image, SIZE) for image in images]).astype(np.float32)
    base = model.get_layer("photo_base")
    batches = range(0, len(photos), _BATCH)
    features = np.concatenate([base(photos[k : k + _BATCH], training=False) for k in batches])
    probabilities = model.get_layer("head")(features).numpy()
    far = _distances(features, known[(split == "train").to_numpy()])
    confidence = probabilities.max(axis=1)
    remarks = np.where(confidence < UNSURE, "unsure", "").astype(object)
    remarks[far > card["unlike the training set from a distance of"]] = "unlike the training set"
    names = np.array(card["classes"])[probabilities.argmax(axis=1)]
    return pd.DataFrame(
        {"file": list(map(str, images)), "label": names, "confidence": confidence}
        | {"remark": remarks}
    )


# ------------------------------------------------------------------------------------ features


def features_of(report: PhotoReport, base: keras.Model, out: Path) -> np.ndarray:
    """Return the features of each photograph; what an interrupted run computed is taken over.

    Args:
        report: from ``check_photos``.
        base: from ``photo_base``.
        out: the folder of the project, where they are kept while they are computed.

    Returns:
        float32, shape ``(n, features)``, on disk rather than in memory.
    """
    from tqdm.auto import tqdm

    digests = [_digest(path) for path in report.paths]
    size, width = base.input_shape[1], base.output_shape[1]
    path, names = out / "features.npy", out / "features.json"
    try:
        out.mkdir(parents=True, exist_ok=True)
        known = _known(path, names, width)
        features = np.lib.format.open_memmap(
            out / ".features.npy", "w+", np.float32, (len(digests), width)
        )
        for row, digest in enumerate(digests):
            features[row] = known.get(digest, np.nan)
        features.flush()
        os.replace(out / ".features.npy", path)
        with atomic_write(names) as part:
            part.write_text(json.dumps(digests), encoding="utf-8")
        todo = np.flatnonzero(np.isnan(features[:, 0]))
        batches = [todo[start : start + _BATCH] for start in range(0, len(todo), _BATCH)]
        with ThreadPoolExecutor() as readers:

            def read(rows: np.ndarray) -> list[Future]:
                return [readers.submit(read_photo, report.paths[row], size) for row in rows]

            coming = read(batches[0]) if batches else []
            for i, rows in enumerate(tqdm(batches, "features", leave=False, delay=5)):
                photos = np.stack([photo.result() for photo in coming]).astype(np.float32)
                coming = read(batches[i + 1]) if i + 1 < len(batches) else []
                features[rows] = base.predict_on_batch(photos)
                features.flush()
    except OSError as error:
        raise DataError(_cannot_write(out, error)) from error
    return features


def _known(path: Path, names: Path, width: int) -> dict[str, np.ndarray]:
    """Return the features that an earlier run computed, by the digest of the photograph."""
    try:
        rows, digests = np.load(path, mmap_mode="r"), json.loads(names.read_text(encoding="utf-8"))
        return dict(zip(digests, rows, strict=True)) if rows.shape[1] == width else {}
    except (OSError, ValueError, IndexError, TypeError):
        return {}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _distances(features: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the cosine distance of each row to the nearest known one, 0 to 2."""

    def unit(rows: np.ndarray) -> np.ndarray:
        return rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-9)

    return 1 - (unit(features) @ unit(np.asarray(known)).T).max(axis=1)


def _far(features: np.ndarray, part: dict[str, np.ndarray]) -> float:
    """Return the distance that one of a hundred validation photographs exceeds."""
    return float(
        np.quantile(_distances(features[part["validation"]], features[part["train"]]), 0.99)
    )


# ---------------------------------------------------------------------------------- head and test


def choose_head(
    features: np.ndarray, labels: np.ndarray, part: dict[str, np.ndarray]
) -> tuple[tuple[np.ndarray, np.ndarray], float]:
    """Return the head with the lowest cross-entropy on the validation set, and its C."""
    found = []
    for C in STRENGTHS:
        head = fit_logistic(features[part["train"]], labels[part["train"]], C=C)
        logits = features[part["validation"]] @ head[0] + head[1]
        losses = keras.losses.sparse_categorical_crossentropy(
            labels[part["validation"]], logits, from_logits=True
        )
        found.append((float(np.mean(losses)), C, head))
    _, C, head = min(found, key=lambda each: each[0])
    return head, C


def build_model(base: keras.Model, kernel: np.ndarray, bias: np.ndarray) -> keras.Model:
    """Return base and head as one model, from photographs (0 to 255) to probabilities.

    Args:
        base: from ``tlcourse.models.photo_base``.
        kernel: shape ``(features, n_classes)``.
        bias: shape ``(n_classes,)``.
    """
    head = keras.layers.Dense(len(bias), activation="softmax", name="head")
    model = keras.Sequential([keras.Input(base.input_shape[1:]), base, head], name="photographs")
    head.set_weights([kernel, bias])
    return model


def interval(right: np.ndarray) -> tuple[float, float, float]:
    """Return the share that is right, and its 95 % interval (Clopper and Pearson, 1934)."""
    low, high = binomtest(int(right.sum()), len(right)).proportion_ci()
    return float(right.mean()), float(low), float(high)


def _colours_alone(
    report: PhotoReport, labels: np.ndarray, part: dict[str, np.ndarray]
) -> tuple[float, float, float]:
    """Return how good a logistic regression on nothing but the colours is."""
    colours = np.stack([colours_of(read_photo(path, 64)) for path in report.paths])
    kernel, bias = fit_logistic(colours[part["train"]], labels[part["train"]], C=100.0)
    logits = colours[part["test"]] @ kernel + bias
    return interval(logits.argmax(axis=1) == labels[part["test"]])


def colours_of(pixels: np.ndarray) -> np.ndarray:
    """Return which share of the pixels has which colour, of 4×4×4."""
    bins = (pixels.reshape(-1, 3) // (256 // _BINS)) @ [_BINS**2, _BINS, 1]
    return np.bincount(bins, minlength=_BINS**3) / len(bins)


# --------------------------------------------------------------------------------------- files


def _project_folder(out: str | os.PathLike[str]) -> Path:
    folder = check_path(out)
    if folder.is_file():
        raise DataError(f"{folder.name} is a file; give a new folder for the project.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "features.npy").exists():
        raise DataError(
            f"The folder {folder.name} holds something else already, which would be mixed with the "
            "project; give a new or an empty folder."
        )
    return folder


def _limits(report: PhotoReport, split: pd.Series) -> list[str]:
    """Return what a user of the model has to know."""
    tested = report.photos[split == "test"].groupby("label").size()
    return [
        "It always answers with one of its classes, whatever is shown.",
        f"It was tested on photographs of the same collection; the smallest class has "
        f"{tested.min():,} of them. Other cameras, places or seasons were not tested.",
        *map(str, report.findings),
    ]


def _write(out: Path, model: keras.Model, card: dict, photos: pd.DataFrame) -> None:
    # Keras looks at the ending of the name, so the temporary names keep it.
    model.save(out / ".model.keras")
    os.replace(out / ".model.keras", out / "model.keras")
    with atomic_write(out / "model.tflite") as part:
        part.write_bytes(to_litert(model))
    for name, text in (
        ("photos.csv", photos.to_csv(index=False)),
        ("card.md", _markdown(card)),
        ("card.json", json.dumps(card, indent=1, ensure_ascii=False) + "\n"),
    ):
        with atomic_write(out / name) as part:
            part.write_text(text, encoding="utf-8")


def _markdown(card: dict) -> str:
    """Return the card for people."""
    accuracy = card["accuracy on the test set"]
    lines = ["# Model card", "", f"A classifier of photographs: {', '.join(card['classes'])}.", ""]
    lines += [line(card) + ".", "", "| on the test set | right | 95 % interval |", "|---|---|---|"]
    lines += [
        f"| {name} | {100 * right:.1f} % | {100 * low:.1f} to {100 * high:.1f} % |"
        for name, (right, low, high) in accuracy.items()
    ]
    for title in ("photographs", "settings", "versions"):
        lines += ["", f"## {title.capitalize()}", ""]
        lines += [f"- {name}: {value}" for name, value in card[title].items()]
    lines += ["", "## Limits", "", *(f"- {limit}" for limit in card["limits"])]
    return "\n".join([*lines, "", f"Made {card['made']}.", ""])


def _cannot_write(out: Path, error: OSError) -> str:
    return (
        f"The project cannot be kept in {out} ({error.strerror or error}). Free some space, or "
        "give another folder. What was computed so far is taken over."
    )
