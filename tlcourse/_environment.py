"""What must be set before TensorFlow is loaded. Imports nothing but the standard library."""

import os

# 3 hides the C++ log below FATAL; without it every notebook would begin with lines about
# CPU instructions that no learner can act on.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
