"""Exercises and quiz of notebook 07: counting what is trained, compiling again, rates."""

import keras
import numpy as np

from tlcourse.checks.exercise import CheckFailed, Exercise, register
from tlcourse.checks.quiz import Choice, Question, register_quiz
from tlcourse.models import add_head, build_base

_BLOCKS = 5
_HIGHEST_RATE = 2e-3  # above it, fine-tuning starts to destroy what was learned


def _trained(answer: object) -> str:
    if not isinstance(answer, (int, np.integer)):
        raise CheckFailed(f"Expected a whole number, got {type(answer).__name__}.")
    base = build_base()
    counts = {layer.name: layer.count_params() for layer in base.layers}
    kernel, batch_norm = counts["conv_5"], counts["norm_5"]
    everything = add_head(base, 10).count_params()
    head = everything - base.count_params()
    right = kernel + head
    norm_counted = "norm_5 is counted, but batch normalisation layers stay frozen."
    mistakes = {
        everything: "That is every parameter of the network, frozen or not.",
        everything - right: "That is how many stay frozen.",
        kernel: "You left out the head, which is trained too.",
        head: "That is the head alone; block 5 is trained as well.",
        kernel + batch_norm + head: norm_counted,
        kernel + batch_norm // 2 + head: norm_counted,
        sum(counts[f"conv_{k}"] for k in range(1, _BLOCKS)) + head: (
            "That is blocks 1 to 4 trained and block 5 frozen: the wrong way round."
        ),
    }
    if answer in mistakes:
        raise CheckFailed(mistakes[answer])
    if answer != right:
        raise CheckFailed(f"{answer:,} is not the number of parameters that are trained.")
    return (
        f"{kernel:,} in block 5 and {head:,} in the head: with four of five blocks frozen, "
        f"{100 * right / everything:.0f} % of the network is still trained."
    )


def _compiled_again(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of a model, images and labels.")
    model, images, labels = _trained_with_frozen_base()
    base, optimizer = model.get_layer("letters_base"), model.optimizer
    before, head_before = base.get_weights(), model.get_layer("head").get_weights()
    answer(model, images, labels)
    if not base.trainable:
        raise CheckFailed("The base is still frozen when the function ends.")
    if model.optimizer is optimizer:
        raise CheckFailed(
            "The base is set to trainable, but the model is not compiled again: fit goes on with "
            "the training step of before, and the base stays as it was."
        )
    if int(model.optimizer.iterations) == 0:
        raise CheckFailed("The model is compiled again, but not trained after that.")
    rate = float(model.optimizer.learning_rate)
    if rate > _HIGHEST_RATE:
        raise CheckFailed(
            f"The base is trained now, but at a learning rate of {rate:g}; above about "
            f"{_HIGHEST_RATE:g} it loses what it knew."
        )
    if not _moved(base.get_weights(), before):
        raise CheckFailed(
            "The weights of the base did not change; compile after setting trainable."
        )
    if not _moved(model.get_layer("head").get_weights(), head_before):
        raise CheckFailed("The head did not change; it should be trained together with the base.")
    return f"Compiled again, the base is trained, at a learning rate of {rate:g}."


def _trained_with_frozen_base() -> tuple[keras.Model, np.ndarray, np.ndarray]:
    """Return a model of the same form as in the notebook, but small, and something to learn."""
    rng = np.random.default_rng(0)
    images, labels = rng.random((20, 28, 28, 1), np.float32), np.arange(20) % 10
    small = keras.Sequential(
        [keras.Input((28, 28, 1)), keras.layers.Conv2D(2, 7, strides=7), keras.layers.Flatten()],
        name="letters_base",
    )
    small.trainable = False
    model = add_head(small, 10)
    model.compile(
        keras.optimizers.Adam(1e-2), loss="sparse_categorical_crossentropy", jit_compile=False
    )
    model.fit(images, labels, verbose=0)
    return model, images, labels


def _moved(weights: list[np.ndarray], before: list[np.ndarray]) -> bool:
    return any(not np.array_equal(a, b) for a, b in zip(weights, before, strict=True))


def _layer_wise(answer: object) -> str:
    if not callable(answer):
        raise CheckFailed("Expected a function of a layer's name.")
    layers = ["head", *(f"{kind}_{k}" for k in range(_BLOCKS, 0, -1) for kind in ("norm", "conv"))]
    rates = {layer: answer(layer) for layer in layers}
    for layer, rate in rates.items():
        if not isinstance(rate, (int, float, np.number)):
            raise CheckFailed(f"For {layer} it returns {rate!r}; expected a number.")
    if len(set(rates.values())) == 1:
        raise CheckFailed("Every layer gets the same rate.")
    if not np.isclose(rates["head"], 1e-3):
        raise CheckFailed(f"The head should get top itself, 0.001; it gets {rates['head']:g}.")
    if rates["conv_5"] < rates["conv_1"]:
        raise CheckFailed("Block 5 gets a lower rate than block 1: the wrong way round.")
    if np.isclose(rates["conv_5"], 1e-3):
        raise CheckFailed("Block 5 gets the head's rate; it lies one step below the head.")
    for layer, rate in rates.items():
        right = _rate(layer)
        if not np.isclose(rate, right, rtol=1e-6):
            raise CheckFailed(f"{layer} should get {right:.3g}; it gets {rate:.3g}.")
    if not np.isclose(answer("conv_4", top=1.0, factor=2.0), 0.25):
        raise CheckFailed("With top=1 and factor=2, conv_4 should get 0.25: use both arguments.")
    return f"Block 1 learns {rates['head'] / rates['conv_1']:.0f} times more slowly than the head."


def _rate(layer: str) -> float:
    return 1e-3 if layer == "head" else 1e-3 / 2.6 ** (_BLOCKS + 1 - int(layer[-1]))


register(
    Exercise(
        name="07.1",
        stub="trained = None  # replace None",
        hint="Trained are conv_5 and the head. The head has 384 weights and a bias for each class.",
        solution="trained = 3 * 3 * 64 * 96 + 384 * 10 + 10",
        check=_trained,
    )
)
register(
    Exercise(
        name="07.2",
        stub='''\
def fine_tune(model, images, labels):
    """Fine-tune a model that has just been trained with its base frozen."""
    model.get_layer("letters_base").trainable = True
    model.fit(images, labels, epochs=5, verbose=0)''',
        hint="Call model.compile with an optimiser of a low learning rate before model.fit.",
        solution='''\
def fine_tune(model, images, labels):
    """Fine-tune a model that has just been trained with its base frozen."""
    model.get_layer("letters_base").trainable = True
    model.compile(
        optimizer=keras.optimizers.Adam(2e-4),
        loss="sparse_categorical_crossentropy",
        jit_compile=False,
    )
    model.fit(images, labels, epochs=5, verbose=0)''',
        check=_compiled_again,
    )
)
register(
    Exercise(
        name="07.3",
        stub='''\
def rate_for(layer, top=1e-3, factor=2.6):
    """Return the learning rate of the layer with this name, like "conv_4"."""
    return top''',
        hint='int(layer[-1]) is the block of "conv_4". How many steps below the head is that?',
        solution='''\
def rate_for(layer, top=1e-3, factor=2.6):
    """Return the learning rate of the layer with this name, like "conv_4"."""
    if layer == "head":
        return top
    steps_below_head = 6 - int(layer[-1])
    return top / factor**steps_below_head''',
        check=_layer_wise,
    )
)
register_quiz(
    "07",
    [
        Question(
            "A model with a frozen base was compiled and fitted. You set base.trainable = True and "
            "call fit again. What is trained?",
            [
                Choice(
                    "The head alone, as before.",
                    "The first fit has built the training step and keeps it until you compile "
                    "again. Nothing tells you so.",
                    right=True,
                ),
                Choice(
                    "Base and head.",
                    "That is what everybody expects, and what section 2 refutes: compile first.",
                ),
                Choice(
                    "Nothing: Keras raises an error.",
                    "An error would be kinder. The fit runs, and the loss even falls.",
                ),
            ],
        ),
        Question(
            "After fine-tuning, your digits are read better than before, and letters much worse. "
            "What has happened?",
            [
                Choice(
                    "Something is wrong: what was learned before should stay.",
                    "Nothing holds it. Weights that the digits pull away no longer suit letters.",
                ),
                Choice(
                    "The network has forgotten a part of its source task.",
                    "It is called catastrophic forgetting. If nobody needs the letters any more, "
                    "it does no harm.",
                    right=True,
                ),
                Choice(
                    "The network has overfitted the digits.",
                    "Overfitting would show on new digits, and these are read better.",
                ),
            ],
        ),
        Question(
            "You call the base with training=False, unfreeze all of it, compile and fit, in "
            "Keras 3. In which mode does its batch normalisation work during fit?",
            [
                Choice(
                    "In inference mode, as the call says.",
                    "So say many tutorials. Section 5 has looked: the moving averages move.",
                ),
                Choice(
                    "In training mode.",
                    "Fit calls the whole model with training=True, which overrides what stands "
                    "inside. Only trainable=False keeps the layer still.",
                    right=True,
                ),
                Choice(
                    "In inference mode for small batches, in training mode for large ones.",
                    "The size of the batch does not matter for the mode, only for how good the "
                    "averages over the batch are.",
                ),
            ],
        ),
        Question(
            "Why train the new head first, on the frozen base, and everything only then?",
            [
                Choice(
                    "A random head would send random errors into the base and spoil it.",
                    "A head that makes sense asks the base for changes that make sense. In "
                    "section 6 it came out ahead.",
                    right=True,
                ),
                Choice(
                    "Keras cannot compile a new head and a pretrained base together.",
                    "It can. Section 6 has done it, and the result was worse.",
                ),
                Choice(
                    "It saves training the base at all.",
                    "Afterwards the base is trained all the same, with a low learning rate.",
                ),
            ],
        ),
    ],
)
