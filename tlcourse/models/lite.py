"""Files for LiteRT (formerly TensorFlow Lite), the runtime for small devices."""

import keras
import numpy as np

from tlcourse.models.quiet import quiet


def to_litert(model: keras.Model, calibration: np.ndarray | None = None) -> bytes:
    """Return a model as a LiteRT file, for one image at a time.

    The weights are frozen into constants first: given a Keras 3 model and a traced function, the
    converter loses them without a word. ``model.export(format="litert")`` keeps them, but goes by
    way of a folder, takes five times as long, and prints where that folder was.

    Args:
        model: with a fixed size of input, made of layers that LiteRT knows.
        calibration: images for the ranges of all layers' outputs, shape ``(n, ...)``. With them
            the file is int8 throughout, its input and output, too; without, it is float32.
    """
    import tensorflow as tf
    from tensorflow.python.framework import convert_to_constants

    @tf.function(input_signature=[tf.TensorSpec((1, *model.input_shape[1:]))])
    def predict(images):
        return model(images, training=False)

    frozen = convert_to_constants.convert_variables_to_constants_v2(predict.get_concrete_function())
    with quiet():
        converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
        if calibration is not None:
            images = np.asarray(calibration, np.float32)[:, np.newaxis]
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: ([image] for image in images)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = converter.inference_output_type = tf.int8
        return converter.convert()
