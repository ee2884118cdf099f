"""Real data, verified and cached, with an embedded stand-in for each set.

``load_mnist_rows`` and ``load_imdb`` give one frozen object each, with
``x_train, y_train, x_val, y_val, x_test, y_test`` and ``source``. ``load_co2`` and
``load_sunspots`` give a series in three parts, which ships with a dependency. Where the data
comes from, how it is verified and under which licence it stands is told in the
README beside this file.
"""

from seqlearn.datasets.docstrings import Docstrings, load_docstrings
from seqlearn.datasets.imdb import IMDB, load_imdb
from seqlearn.datasets.mnist import MNISTRows, load_mnist_rows
from seqlearn.datasets.series import TimeSeries, load_co2, load_sunspots
from seqlearn.datasets.sources import DataUnavailable

__all__ = [
    "IMDB",
    "DataUnavailable",
    "Docstrings",
    "MNISTRows",
    "TimeSeries",
    "load_co2",
    "load_docstrings",
    "load_imdb",
    "load_mnist_rows",
    "load_sunspots",
]
