"""The base CNN, the letters base that is committed, and features computed once."""

import json
import shutil

import keras
import numpy as np
import pytest

from tlcourse.data import DataError, load, weights
from tlcourse.data.paths import repository_data
from tlcourse.models import (
    add_head,
    build_base,
    count_parameters,
    extract_features,
    features,
    letters_base,
    provenance,
    unfreeze,
)
from tlcourse.models.features import weights_digest

IMAGES = np.random.default_rng(0).random((5, 28, 28, 1), dtype=np.float32)

# Weights of the five convolutions (no biases), and of one batch normalisation a channel: scale
# and shift are trained, mean and variance are not.
CONVOLUTIONS = 5 * 5 * 32 + 3 * 3 * (32 * 32 + 32 * 64 + 64 * 64 + 64 * 96)
CHANNELS = 32 + 32 + 64 + 64 + 96


@pytest.fixture(scope="module")
def base():
    return letters_base()


def same(one: keras.Model, other: keras.Model) -> bool:
    pairs = zip(one.get_weights(), other.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


# -------------------------------------------------------------------------- base, head and counts


def test_base():
    model = build_base()
    assert model.input_shape == (None, 28, 28, 1)
    assert model.output_shape == (None, 384)
    assert 100_000 <= model.count_params() <= 150_000
    sides = [model.get_layer(f"block_{number}").output.shape[1:] for number in range(1, 6)]
    assert sides == [(14, 14, 32), (14, 14, 32), (7, 7, 64), (7, 7, 64), (4, 4, 96)]


def test_base_is_drawn_by_the_seed():
    def draw(seed):
        keras.utils.set_random_seed(seed)
        return build_base()

    assert same(draw(1), draw(1))
    assert not same(draw(1), draw(2))


def test_parameters_counted_by_hand():
    model = add_head(build_base(), 10)
    head = 384 * 10 + 10
    counts = count_parameters(model)
    assert counts.total == CONVOLUTIONS + 4 * CHANNELS + head
    assert counts.trainable == CONVOLUTIONS + 2 * CHANNELS + head
    model.get_layer("base").trainable = False
    counts = count_parameters(model)
    assert (counts.total, counts.trainable) == (CONVOLUTIONS + 4 * CHANNELS + head, head)


def test_head_gives_probabilities(base):
    model = add_head(base, 7)
    probabilities = model.predict(IMAGES, verbose=0)
    assert probabilities.shape == (5, 7)
    assert probabilities.min() >= 0
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "convolutions", "train_batchnorm"),
    [
        ({}, [1, 2, 3, 4, 5], []),
        ({"train_batchnorm": True}, [1, 2, 3, 4, 5], [1, 2, 3, 4, 5]),
        ({"frozen_blocks": 3}, [4, 5], []),
        ({"frozen_blocks": 3, "train_batchnorm": True}, [4, 5], [4, 5]),
        ({"frozen_blocks": 5, "train_batchnorm": True}, [], []),
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_unfreeze(before, options, convolutions, train_batchnorm):
    model = add_head(build_base(), 10)
    model.get_layer("base").trainable = before
    unfreeze(model.get_layer("base"), **options)
    expected = [f"conv_{n}" for n in convolutions]
    expected += [f"norm_{n}" for n in train_batchnorm for _ in ("gamma", "beta")]
    found = [w.path.split("/")[-2] for w in model.trainable_weights]
    assert sorted(found) == sorted([*expected, "head", "head"])


def test_frozen_batch_normalisation_is_in_inference_mode():
    model = add_head(letters_base(), 3)
    unfreeze(model.get_layer("letters_base"))
    assert np.array_equal(model(IMAGES, training=True), model(IMAGES, training=False))
    unfreeze(model.get_layer("letters_base"), train_batchnorm=True)
    assert not np.allclose(model(IMAGES, training=True), model(IMAGES, training=False))


# ----------------------------------------------------------------------------- the letters base


def test_letters_base_is_a_fresh_copy_each_time(base):
    other = letters_base()
    assert same(base, other)
    other.set_weights([weights + 1 for weights in other.get_weights()])
    assert not same(base, other)
    assert same(base, letters_base())


def test_letters_base_can_read_letters(base):
    """As well as its provenance says: a linear head on it, fitted to the training letters.

    The head of the pretraining itself is not kept, so this is another one, and fitted to a part.
    """
    from sklearn.linear_model import RidgeClassifier

    letters = load("letters")
    train, test = (
        extract_features(base, images, cached=False)
        for images in (letters.train.images[:8_000], letters.test.images[:2_000])
    )
    head = RidgeClassifier().fit(train, letters.train.labels[:8_000])
    accuracy = head.score(test, letters.test.labels[:2_000])
    print(f"letters, linear head on the committed base: {accuracy:.4f}")
    assert accuracy > provenance()["letters_test_accuracy"] - 0.05


def test_provenance_tells_how_the_weights_were_made():
    told = provenance()
    assert told["command"] == "tlcourse pretrain letters"
    assert told["letters_test_accuracy"] > 0.9
    assert told["training_seconds"] > 0
    assert told["training_cpu_seconds"] > 0
    assert told["seed"] == 0
    assert {"python", "tensorflow", "keras", "numpy"} <= told["versions"].keys()


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """Let ``letters_base`` read a copy of the committed files; return its folder."""
    for name in (weights.WEIGHTS_FILE, weights.PROVENANCE_FILE):
        shutil.copyfile(repository_data(name), tmp_path / name)
    monkeypatch.setattr(weights, "repository_data", lambda name: tmp_path / name)
    return tmp_path


def refusal() -> str:
    with pytest.raises(DataError) as caught:
        letters_base()
    message = str(caught.value)
    assert "\n" not in message
    assert "git checkout" in message
    assert "tlcourse pretrain letters" in message
    return message


def test_missing_weights(copy):
    path = copy / weights.WEIGHTS_FILE
    path.unlink()
    assert f"missing ({path})" in refusal()


@pytest.mark.parametrize("where", [0, 300_000, -1])
def test_damaged_weights(copy, where):
    path = copy / weights.WEIGHTS_FILE
    content = bytearray(path.read_bytes())
    content[where] ^= 1
    path.write_bytes(content)
    assert f"damaged ({path})" in refusal()


@pytest.mark.parametrize("content", [None, "", '{"seed": 0', "[]", "{}", '{"seed": 0}'])
def test_missing_or_damaged_provenance(copy, content):
    path = copy / weights.PROVENANCE_FILE
    path.unlink()
    if content is not None:
        path.write_text(content)
    assert f"cannot be read ({path})" in refusal()


def test_weights_of_another_making_are_refused(copy):
    """Weights and provenance that do not belong together."""
    path = copy / weights.PROVENANCE_FILE
    path.write_text(json.dumps(provenance() | {"sha256": "0" * 64}))
    assert "damaged" in refusal()


# -------------------------------------------------------------------------------------- features


@pytest.fixture
def calls(tmp_path, monkeypatch) -> list:
    """Give an empty cache; count how often features are really computed."""
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path / "cache"))
    seen, really = [], features._predict

    def counted(extractor, images, batch_size):
        seen.append(len(images))
        return really(extractor, images, batch_size)

    monkeypatch.setattr(features, "_predict", counted)
    return seen


def test_features_are_what_the_base_gives(base, calls):
    found = extract_features(base, IMAGES, cached=False)
    assert found.dtype == np.float32
    assert np.allclose(found, np.asarray(base(IMAGES, training=False)), atol=1e-5)


def test_features_of_a_layer_are_its_averaged_map(base, calls):
    found = extract_features(base, IMAGES, layer="block_3", cached=False)
    maps = keras.Model(base.input, base.get_layer("block_3").output)(IMAGES)
    assert found.shape == (5, 64)
    assert np.allclose(found, np.asarray(maps).mean(axis=(1, 2)), atol=1e-5)


def test_the_cache_is_used(base, calls, capfd):
    first = extract_features(base, IMAGES)
    second = extract_features(base, IMAGES.copy())
    third = extract_features(letters_base(), IMAGES)
    assert calls == [5]
    assert np.array_equal(first, second)
    assert np.array_equal(first, third)
    assert capfd.readouterr() == ("", "")


def test_without_the_cache_everything_is_computed(base, calls, tmp_path):
    for _ in range(2):
        extract_features(base, IMAGES, cached=False)
    assert calls == [5, 5]
    assert not (tmp_path / "cache").exists()


def test_the_cache_is_not_fooled_by_other_images(base, calls):
    extract_features(base, IMAGES)
    other = IMAGES.copy()
    other[3, 14, 14, 0] = 1 - other[3, 14, 14, 0]
    found = extract_features(base, other)
    assert calls == [5, 5]
    assert np.array_equal(found, extract_features(base, other, cached=False))


def test_the_cache_is_not_fooled_by_other_weights(calls):
    changing = letters_base()
    before = extract_features(changing, IMAGES)
    weights = changing.get_weights()
    weights[0][0, 0, 0, 0] += 1
    changing.set_weights(weights)
    after = extract_features(changing, IMAGES)
    assert not np.array_equal(before, after)
    assert np.array_equal(after, extract_features(changing, IMAGES, cached=False))


def test_the_cache_is_not_fooled_by_another_layer(base, calls):
    shapes = {extract_features(base, IMAGES, layer=f"block_{n}").shape for n in (3, 4)}
    assert shapes == {(5, 64)}
    assert calls == [5, 5]


def test_the_cache_is_not_fooled_by_other_settings(calls):
    """Two models with the same layers and weights, of which one enlarges its images more."""

    def enlarging(times):
        images = keras.Input((28, 28, 1), name="images")
        x = keras.layers.Resizing(28 * times, 28 * times, name="enlarge")(images)
        x = keras.layers.MaxPooling2D(2, name="largest")(x)
        return keras.Model(images, x, name="enlarging")

    one, other = (extract_features(enlarging(times), IMAGES) for times in (1, 4))
    assert np.array_equal(other, extract_features(enlarging(4), IMAGES, cached=False))
    assert not np.array_equal(one, other)


def test_the_cache_knows_a_model_built_again(calls):
    """Keras numbers the layers that have no name; that must not make the same model another."""

    def build():
        images = keras.Input((28, 28, 1))
        return keras.Model(images, keras.layers.Flatten()(keras.layers.Rescaling(2.0)(images)))

    assert weights_digest(build()) == weights_digest(build())


def test_a_damaged_cache_is_computed_again(base, calls, tmp_path):
    first = extract_features(base, IMAGES)
    (stored,) = (tmp_path / "cache").rglob("output.pkl")
    stored.write_bytes(stored.read_bytes()[:100])
    assert np.array_equal(extract_features(base, IMAGES), first)
    assert calls == [5, 5]


def test_unknown_layer(base):
    with pytest.raises(DataError, match=r"no layer of letters_base named 'block_6'; .*block_5"):
        extract_features(base, IMAGES, layer="block_6")


def test_features_of_wrong_images(base):
    with pytest.raises(DataError, match=r"got \(5, 28, 28\)"):
        extract_features(base, IMAGES[..., 0])
