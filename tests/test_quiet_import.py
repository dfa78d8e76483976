"""``import tlcourse``: quick, without TensorFlow, and TensorFlow's chatter only on failure."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]


def run(code: str, *folders: Path) -> subprocess.CompletedProcess:
    """Run code in a new process that has none of the settings of this one."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "KERAS_B"))}
    env["PYTHONPATH"] = os.pathsep.join(map(str, [*folders, CHECKOUT]))
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)


def test_keras_after_tlcourse_writes_nothing():
    code = """
import tlcourse
import keras
import numpy as np
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile(loss="mse")
model.fit(np.ones((4, 2)), np.ones(4), verbose=0)
print(keras.backend.backend())
"""
    process = run(code)
    assert process.stderr == ""
    assert process.stdout == "tensorflow\n"
    assert process.returncode == 0


@pytest.mark.parametrize("user", ["import tensorflow", "import tlcourse as tl; tl.models"])
def test_a_failing_tensorflow_is_heard(tmp_path, user):
    package = tmp_path / "tensorflow"
    package.mkdir()
    (package / "__init__.py").write_text(
        "import os\n"
        "os.write(2, b'from C++: the library libfoo is missing\\n')\n"
        "raise ImportError('DLL load failed')\n"
    )
    process = run(f"import tlcourse; {user}", tmp_path)
    assert process.returncode == 1
    assert "from C++: the library libfoo is missing" in process.stderr
    assert "ImportError: DLL load failed" in process.stderr


def test_a_sound_tensorflow_is_not_heard_but_its_users_are(tmp_path):
    """Only what is written during the import is held back."""
    package = tmp_path / "tensorflow"
    package.mkdir()
    (package / "__init__.py").write_text("import os\nos.write(2, b'welcome to C++\\n')\nx = 1\n")
    code = """
import os, sys
import tlcourse
os.write(2, b"before ")
import tensorflow
os.write(2, b"after ")
print("last", file=sys.stderr)
print(tensorflow.x)
"""
    process = run(code, tmp_path)
    assert process.stderr == "before after last\n"
    assert process.stdout == "1\n"


def test_tlcourse_alone_imports_nothing_heavy_and_touches_no_file(tmp_path):
    code = f"""
import os, sys
os.chdir({str(tmp_path)!r})
os.environ["TLCOURSE_CACHE_DIR"] = os.environ["TLCOURSE_DATA_DIR"] = "made"
import tlcourse
print(sorted({{"tensorflow", "keras", "numpy", "matplotlib", "sklearn"}} & set(sys.modules)))
tlcourse.data
print(sorted({{"tensorflow", "keras"}} & set(sys.modules)))
"""
    process = run(code)
    assert process.stdout == "[]\n[]\n"
    assert process.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_room_is_answered_with_the_known_ones():
    import tlcourse

    with pytest.raises(AttributeError, match="no part named 'modles'; it has data, models"):
        tlcourse.modles  # noqa: B018
    assert {"data", "models", "methods", "experiment"} <= set(dir(tlcourse))
