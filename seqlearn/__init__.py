"""seqlearn: the support package of a book on sequence learning with Keras.

Importing the package loads neither Keras nor TensorFlow. Its modules are
imported on their own (``from seqlearn import datasets``), and
:func:`seqlearn.start` opens each notebook.
"""

__version__ = "0.1.0"

from seqlearn.frame.session import start

__all__ = ["__version__", "start"]
