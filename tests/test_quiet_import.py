"""``import tlcourse``: quick, without TensorFlow, and TensorFlow's chatter only on failure."""

import os
import re

import nbformat
import pytest
from child_process import run

from tlcourse._environment import REPOSITORY

NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch):
    """Take away the settings of TensorFlow and Keras that this process has."""
    for name in os.environ:
        if name.startswith(("TF_", "KERAS_B")):
            monkeypatch.delenv(name)


def test_keras_after_tlcourse_writes_nothing_and_repeats_to_the_last_bit():
    code = """
import tlcourse
import keras
import numpy as np

def train():
    keras.utils.set_random_seed(1)
    layers = [keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3), keras.layers.GlobalMaxPooling2D()]
    model = keras.Sequential([*layers, keras.layers.Dropout(0.5), keras.layers.Dense(1)])
    model.compile(loss="mse")
    images = np.random.default_rng(0).random((64, 8, 8, 1))
    model.fit(images, images[:, 0, 0], epochs=2, verbose=0)
    return model.get_weights()

print(keras.backend.backend(), all(map(np.array_equal, train(), train())))
"""
    assert run(code) == (0, "tensorflow True\n", "")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_import_tlcourse_before_keras(path):
    """Where Keras comes first, TensorFlow greets on some processors in the cell that imports it."""
    cells = nbformat.read(path, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    modules = re.findall(r"^(?:from|import) (\w+)", code, re.MULTILINE)
    first = modules.index("tlcourse")
    assert not {"keras", "tensorflow"} & set(modules[:first])


@pytest.fixture
def fake_tensorflow(tmp_path):
    """Return a function that puts a package in TensorFlow's place, and its folder."""
    (tmp_path / "tensorflow").mkdir()

    def write(code):
        (tmp_path / "tensorflow" / "__init__.py").write_text(f"import os\n{code}\n")
        return (tmp_path,)

    return write


@pytest.mark.parametrize("user", ["import tensorflow", "import tlcourse as tl; tl.models"])
def test_a_failing_tensorflow_is_heard(fake_tensorflow, user):
    path = fake_tensorflow(
        "os.write(2, b'from C++: the library libfoo is missing\\n')\n"
        "raise ImportError('DLL load failed')"
    )
    code, _, shown = run(f"import tlcourse; {user}", path=path)
    assert code == 1
    assert "from C++: the library libfoo is missing" in shown
    assert "ImportError: DLL load failed" in shown


SOUND = """
from types import SimpleNamespace
os.write(2, b'welcome to C++\\n')
asked = []
deterministic = SimpleNamespace(enable_op_determinism=lambda: asked.append("deterministic"))
config, random = SimpleNamespace(experimental=deterministic), SimpleNamespace(set_seed=asked.append)
seeds = [None, None]
known = SimpleNamespace(get_seed=lambda op_seed: seeds)
compat = SimpleNamespace(v1=SimpleNamespace(random=known))
"""


def test_a_sound_tensorflow_is_not_heard_but_its_users_are(fake_tensorflow):
    """Only what is written during the import is held back; and its runs are to repeat."""
    path = fake_tensorflow(SOUND)
    code = """
import os, sys
import tlcourse
os.write(2, b"before ")
import tensorflow
os.write(2, b"after ")
print("last", file=sys.stderr)
print(tensorflow.asked)
"""
    assert run(code, path=path) == (0, "['deterministic', 0]\n", "before after last\n")


@pytest.mark.parametrize(("seed", "asked"), [(None, ["deterministic", 0]), (7, ["deterministic"])])
def test_a_seed_that_is_set_before_stays(fake_tensorflow, seed, asked):
    path = fake_tensorflow(SOUND)
    code = "import tensorflow; tensorflow.seeds[0] = {}; import tlcourse; print(tensorflow.asked)"
    assert run(code.format(seed), path=path)[:2] == (0, f"{asked}\n")


def test_tlcourse_alone_imports_nothing_heavy_and_touches_no_file(tmp_path):
    code = """
import os, sys
os.chdir(sys.argv[1])
os.environ["TLCOURSE_CACHE_DIR"] = os.environ["TLCOURSE_DATA_DIR"] = sys.argv[1] + "/made"
import tlcourse
print(sorted({"tensorflow", "keras", "numpy", "matplotlib", "sklearn"} & set(sys.modules)))
tlcourse.data
print(sorted({"tensorflow", "keras"} & set(sys.modules)))
"""
    assert run(code, tmp_path) == (0, "[]\n[]\n", "")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_subpackage_is_answered_with_the_known_ones():
    import tlcourse

    with pytest.raises(AttributeError, match="no subpackage 'modles'; it has data, models"):
        tlcourse.modles  # noqa: B018
    assert {"data", "models", "methods", "experiment"} <= set(dir(tlcourse))
