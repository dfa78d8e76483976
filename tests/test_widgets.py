"""What all widgets share: they draw what is set, are named, and show a figure without a kernel.

At the ends of their controls the notebooks' runs look at them.
"""

import ipywidgets
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from figure_checks import move_to_ends
from IPython.core.formatters import DisplayFormatter

import tlcourse as tl
from tlcourse.plots import AltFigure, subplots
from tlcourse.widgets import Explorer

VIEW = "application/vnd.jupyter.widget-view+json"
RNG = np.random.default_rng(0)
IMAGES = RNG.random((20, 28, 28, 1), dtype=np.float32)
LABELS = np.arange(20) % 10
RATES = pd.DataFrame(
    {"kind": "constant", "warmup": 0, "seed": 0, "steps": [1, 2], "val_accuracy": [0.5, 0.6]}
)


def encoder(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1)[:, :3]


def decoder(codes: np.ndarray) -> np.ndarray:
    return np.repeat(codes, 28 * 28, axis=1)[:, : 28 * 28].reshape(-1, 28, 28, 1)


EXPLORERS = {
    "kernel": lambda: tl.widgets.kernel_explorer(IMAGES[0, ..., 0]),
    "activation": tl.widgets.activation_playground,
    "pooling": lambda: tl.widgets.pooling_playground(IMAGES[0, :9, :9, 0]),
    "augmentation": lambda: tl.widgets.augmentation_tuner(IMAGES[:2]),
    "schedule": lambda: tl.widgets.schedule_explorer(lambda *_: 0.001, RATES, epochs=3),
    "threshold": lambda: tl.widgets.threshold_slider(RNG.random((20, 10)), LABELS, IMAGES),
    "latent": lambda: tl.widgets.latent_explorer(encoder, decoder, IMAGES, LABELS),
    "blend": lambda: tl.widgets.blend_explorer(encoder, decoder, IMAGES, LABELS),
    "gap": lambda: tl.widgets.gap_viewer(
        {"source only": (RNG.random((20, 3)), RNG.random((20, 3)))},
        (LABELS, LABELS),
        {"source only": 0.5},
    ),
}


def bar(height: int, label: str = "a") -> AltFigure:
    with subplots(size=(2, 2)) as (figure, axes):
        axes.bar([label], [height])
    return AltFigure(figure, f'A bar "{label}", {height} high & < 100')


@pytest.fixture
def explorer() -> Explorer:
    return Explorer(
        bar,
        height=ipywidgets.IntSlider(3, min=1, max=9, description="height"),
        label=ipywidgets.Dropdown(options=["a", "b"], description="label"),
    )


def screen(explorer: Explorer):
    """Return the ``<img>`` that the browser is told to show below the controls."""
    (code,) = [child.value for child in explorer.children if isinstance(child, ipywidgets.HTML)]
    (image,) = BeautifulSoup(code, "html.parser").find_all("img")
    return image


def test_it_shows_what_its_controls_are_set_to(explorer):
    assert screen(explorer)["alt"] == 'A bar "a", 3 high & < 100'
    first = screen(explorer)["src"]
    explorer.controls["height"].value = 5
    explorer.controls["label"].value = "b"
    assert screen(explorer)["alt"] == explorer.figure.alt == 'A bar "b", 5 high & < 100'
    assert screen(explorer)["src"] in explorer.figure.html
    assert screen(explorer)["src"] != first


def test_a_callback_that_fails_is_heard_of():
    def divide(number: int) -> AltFigure:
        return bar(10 // number)

    explorer = Explorer(divide, number=ipywidgets.IntSlider(5, min=0, max=9))
    with pytest.raises(ZeroDivisionError):
        move_to_ends(explorer)


def test_without_a_kernel_its_figure_is_shown_with_its_alt_text(explorer):
    data, metadata = DisplayFormatter().format(explorer)
    assert data[VIEW]["model_id"] == explorer.model_id
    assert data["text/html"] == explorer.figure.html
    assert data["image/png"] == explorer.figure.png
    assert metadata["image/png"]["alt"] == explorer.figure.alt
    assert data["text/plain"] == 'Explorer: A bar "a", 3 high & < 100', "the same in every run"


@pytest.mark.parametrize("name", EXPLORERS)
def test_every_control_is_named_and_drawn_when_let_go(name):
    explorer = EXPLORERS[name]()
    controls = [*explorer.controls.values(), *getattr(explorer, "numbers", [])]
    names = [control.description for control in controls]
    assert all(names)
    assert len(set(names)) == len(names)
    assert not any(getattr(control, "continuous_update", False) for control in controls)
