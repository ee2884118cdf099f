"""What a trained recurrent network remembers, measured inside the Keras model.

- :func:`gradient_norms`: how strongly the state at each step still moves the loss;
- :func:`memory_horizon`: how many steps back that reaches, with an interval;
- :func:`gate_activations`: what the gates do;
- :func:`cell_state_carry`: how much of an LSTM's cell state arrives at the end;
- :mod:`seqlearn.diagnostics.faults`: trainings with a planted fault, to practise on.

The recurrent layer is run by its cell of :mod:`seqlearn.cells`, which computes the same numbers
and keeps all of them; Keras runs the layers below and above it, on any of its backends. Everything
is computed at inference (no dropout), in float64 from the layer upwards, and returned as arrays.

**Steps** are in reading order: the last column is the last step that the layer reads. For a
layer that goes backwards, such as the second reader of a ``Bidirectional``, step 0 is the last
timestep of the inputs. Where a mask made by ``Embedding(mask_zero=True)`` or ``Masking`` passes
over a step, there is nothing to measure, and the arrays hold NaN.
"""

from __future__ import annotations

from seqlearn.diagnostics.gates import Carry, cell_state_carry, gate_activations
from seqlearn.diagnostics.gradients import gradient_norms
from seqlearn.diagnostics.horizon import Horizon, memory_horizon

__all__ = [
    "Carry",
    "Horizon",
    "cell_state_carry",
    "gate_activations",
    "gradient_norms",
    "memory_horizon",
]
