"""Recurrences in NumPy: every gate in plain sight, and the same numbers as Keras.

A cell holds weights in Keras's own layout. ``cell.run(inputs)`` reads a batch and
gives a trace of all that happened inside; ``cell.backward(trace, grad_h)`` is
back-propagation through time. :func:`from_keras` makes a cell of a Keras layer.

Nothing here needs Keras or TensorFlow. Start with :mod:`seqlearn.cells.lstm`: its loop is the four
steps of the LSTM, in order. What a cell is, in one table, stands in :mod:`seqlearn.cells.kinds`.
"""

from __future__ import annotations

from seqlearn.cells.activations import ACTIVATIONS
from seqlearn.cells.bidirectional import Bidirectional, BidirectionalGradients, BidirectionalTrace
from seqlearn.cells.cell import Gradients, Trace
from seqlearn.cells.convert import from_keras
from seqlearn.cells.gru import GRU, GRUTrace
from seqlearn.cells.lstm import LSTM, LSTMGradients, LSTMTrace
from seqlearn.cells.simple_rnn import SimpleRNN, SimpleRNNTrace

__all__ = [
    "ACTIVATIONS",
    "GRU",
    "LSTM",
    "Bidirectional",
    "BidirectionalGradients",
    "BidirectionalTrace",
    "GRUTrace",
    "Gradients",
    "LSTMGradients",
    "LSTMTrace",
    "SimpleRNN",
    "SimpleRNNTrace",
    "Trace",
    "from_keras",
]
