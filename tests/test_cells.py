"""The cells by themselves: the equations, finite differences, and what every recurrence obeys."""

import dataclasses
import math

import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqlearn.cells import ACTIVATIONS, GRU, LSTM, Bidirectional, SimpleRNN

BATCH, TIMESTEPS, FEATURES, UNITS = 2, 4, 3, 5
KINDS = ["SimpleRNN", "LSTM", "GRU", "GRU, reset before"]

deterministic = settings(max_examples=25, deadline=None, derandomize=True)


def make(kind, seed=0, features=FEATURES, units=UNITS, scale=0.6, use_bias=True, **options):
    """A cell with random weights."""
    rng = np.random.default_rng(seed)
    name = kind.partition(",")[0]
    gates = {"SimpleRNN": 1, "LSTM": 4, "GRU": 3}[name]
    bias_shape = (gates * units,)
    if name == "GRU":
        options["reset_after"] = kind == "GRU"
        bias_shape = (2, *bias_shape) if options["reset_after"] else bias_shape
    return {"SimpleRNN": SimpleRNN, "LSTM": LSTM, "GRU": GRU}[name](
        kernel=rng.normal(0, scale, size=(features, gates * units)),
        recurrent_kernel=rng.normal(0, scale, size=(units, gates * units)),
        bias=rng.normal(0, scale, size=bias_shape) if use_bias else None,
        **options,
    )


def make_pair(kind, merge_mode="concat", units=UNITS):
    forward = make(kind, 1, units=units)
    return Bidirectional(forward, make(kind, 2, units=units, go_backwards=True), merge_mode)


def random_inputs(seed=0, batch=BATCH, timesteps=TIMESTEPS):
    return np.random.default_rng(seed).normal(size=(batch, timesteps, FEATURES))


def random_states(cell, seed=1, batch=BATCH):
    return [*np.random.default_rng(seed).normal(size=(len(cell.kind.states), batch, cell.units))]


# --- the equations, one number at a time ----------------------------------------------------
# Written out with lists and sums, so that no mistake about shapes could be made twice alike.


def sigmoid(a):
    return 1 / (1 + math.exp(-a))


def product(vector, matrix, column):
    return sum(v * row[column] for v, row in zip(vector, matrix, strict=True))


def simple_rnn_step(cell, x, h):
    return [
        math.tanh(product(x, cell.kernel, j) + product(h, cell.recurrent_kernel, j) + cell.bias[j])
        for j in range(len(h))
    ]


def lstm_step(cell, x, h, c):
    n = len(h)
    entering = [
        product(x, cell.kernel, j) + product(h, cell.recurrent_kernel, j) + cell.bias[j]
        for j in range(4 * n)
    ]
    i, f, g, o = (entering[k * n : (k + 1) * n] for k in range(4))
    c = [sigmoid(f[j]) * c[j] + sigmoid(i[j]) * math.tanh(g[j]) for j in range(n)]
    return [sigmoid(o[j]) * math.tanh(c[j]) for j in range(n)], c


def gru_step(cell, x, h):
    n, U = len(h), cell.recurrent_kernel
    b, b_recurrent = cell.bias if cell.reset_after else (cell.bias, [0] * 3 * n)
    entering = [product(x, cell.kernel, j) + b[j] for j in range(3 * n)]
    from_h = [product(h, U, j) + b_recurrent[j] for j in range(3 * n)]
    z = [sigmoid(entering[j] + from_h[j]) for j in range(n)]
    r = [sigmoid(entering[n + j] + from_h[n + j]) for j in range(n)]
    if cell.reset_after:
        late = [r[j] * from_h[2 * n + j] for j in range(n)]
    else:
        seen = [r[j] * h[j] for j in range(n)]
        late = [product(seen, U, 2 * n + j) for j in range(n)]
    candidate = [math.tanh(entering[2 * n + j] + late[j]) for j in range(n)]
    return [z[j] * h[j] + (1 - z[j]) * candidate[j] for j in range(n)]


@pytest.mark.parametrize("kind", KINDS)
def test_each_number_follows_from_the_equations(kind):
    cell, x = make(kind), random_inputs()
    start = random_states(cell)
    trace = cell.run(x, start)
    step = {"SimpleRNN": simple_rnn_step, "LSTM": lstm_step}.get(kind, gru_step)
    for b in range(BATCH):
        states = [list(state[b]) for state in start]
        for t in range(TIMESTEPS):
            after = step(cell, list(x[b, t]), *states)
            states = list(after) if kind == "LSTM" else [after]
            np.testing.assert_allclose(trace.h[b, t], states[0], rtol=1e-12)
            if kind == "LSTM":
                np.testing.assert_allclose(trace.c[b, t], states[1], rtol=1e-12)
        for state, final in zip(states, trace.final_state, strict=True):
            np.testing.assert_allclose(final[b], state, rtol=1e-12)
    np.testing.assert_array_equal(trace.last, trace.h[:, -1])


def test_the_gates_of_an_lstm_fit_together():
    cell, x = make("LSTM"), random_inputs()
    trace = cell.run(x, random_states(cell))
    old_c = np.concatenate([random_states(cell)[1][:, None], trace.c[:, :-1]], axis=1)
    written = trace.input_gate * trace.candidate
    np.testing.assert_allclose(trace.c, trace.forget_gate * old_c + written)
    np.testing.assert_allclose(trace.h, trace.output_gate * np.tanh(trace.c))
    for name in ("input_gate", "forget_gate", "output_gate"):
        gate = getattr(trace, name)
        assert gate.shape == (BATCH, TIMESTEPS, UNITS)
        assert ((gate > 0) & (gate < 1)).all()


def test_the_gates_of_a_gru_fit_together():
    cell, x = make("GRU"), random_inputs()
    (start,) = random_states(cell)
    trace = cell.run(x, start)
    old = np.concatenate([start[:, None], trace.h[:, :-1]], axis=1)
    z = trace.update_gate
    np.testing.assert_allclose(trace.h, z * old + (1 - z) * trace.candidate)
    assert trace.reset_gate.shape == z.shape == (BATCH, TIMESTEPS, UNITS)


# --- gates at their ends --------------------------------------------------------------------

SHUT, OPEN = np.full(UNITS, -1e4), np.full(UNITS, 1e4)


def test_an_open_forget_gate_and_a_shut_input_gate_hold_the_cell_state():
    bias = np.concatenate([SHUT, OPEN, np.zeros(UNITS), OPEN])
    cell = dataclasses.replace(make("LSTM"), bias=bias)
    start = random_states(cell)
    trace = cell.run(random_inputs(timesteps=50), start)
    np.testing.assert_array_equal(trace.c, np.repeat(start[1][:, None], 50, axis=1))
    # And nothing is lost on the way back: ∂c_T/∂c_t is 1, whatever T − t.
    zero, one = np.zeros((BATCH, UNITS)), np.ones((BATCH, UNITS))
    gradients = cell.backward(trace, grad_h=zero, grad_final_state=[zero, one])
    np.testing.assert_array_equal(gradients.c, np.ones_like(trace.c))


def test_a_shut_forget_gate_forgets_all():
    bias = np.concatenate([OPEN, SHUT, np.zeros(UNITS), OPEN])
    cell = dataclasses.replace(make("LSTM"), bias=bias)
    trace = cell.run(random_inputs(), random_states(cell))
    np.testing.assert_allclose(trace.c, trace.candidate)


@pytest.mark.parametrize("reset_after", [True, False])
def test_an_update_gate_of_one_keeps_the_old_state_and_of_zero_takes_the_candidate(reset_after):
    cell = make("GRU" if reset_after else "GRU, reset before")
    (start,) = random_states(cell)
    for end, expected in ((OPEN, "old"), (SHUT, "candidate")):
        bias = np.array(cell.bias)
        bias[..., :UNITS] = end
        trace = dataclasses.replace(cell, bias=bias).run(random_inputs(), start)
        old = np.repeat(start[:, None], TIMESTEPS, axis=1)
        np.testing.assert_array_equal(trace.h, old if expected == "old" else trace.candidate)


def test_the_two_forms_of_the_reset_agree_where_the_reset_gate_is_open():
    plain, x = make("GRU", use_bias=False), np.abs(random_inputs())
    opened = np.array(plain.kernel)
    opened[:, UNITS : 2 * UNITS] = 1e4  # the inputs are positive
    for kernel, agree in ((opened, True), (plain.kernel, False)):
        after = GRU(kernel, plain.recurrent_kernel, None, reset_after=True).run(x).h
        before = GRU(kernel, plain.recurrent_kernel, None, reset_after=False).run(x).h
        assert np.allclose(after, before) is agree


def test_a_saturated_sigmoid_is_quiet():
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        values = ACTIVATIONS["sigmoid"](np.array([-1e4, 0, 1e4], "float32"))
    np.testing.assert_array_equal(values, [0, 0.5, 1])
    assert values.dtype == np.float32


# --- gradients against finite differences ---------------------------------------------------


def finite_differences(loss, array, step=1e-5):
    gradient = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        kept = array[index]
        array[index] = kept + step
        above = loss()
        array[index] = kept - step
        gradient[index] = (above - loss()) / (2 * step)
        array[index] = kept
    return gradient


def every(values):
    return [*values] if isinstance(values, tuple) else [values]


def weigh(values, seed=9):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=np.shape(value)) for value in values]


MASK = np.array([[1, 0, 1, 1], [0, 1, 1, 0], [0, 0, 0, 0]], dtype=bool)


def check_gradients(cell, parts, last, mask):
    """Compare every gradient of a random weighted sum of outputs and final states."""
    x = random_inputs(batch=3)
    width = sum(len(part.kind.states) for part in parts)
    start = [*np.random.default_rng(4).normal(size=(width, 3, parts[0].units))]

    def run():
        trace = cell.run(x, start, mask)
        return trace, every(trace.last if last else trace.h)

    trace, outputs = run()
    weights, state_weights = weigh(outputs), weigh(trace.final_state, seed=10)

    def loss():
        trace, outputs = run()
        pairs = [*zip(weights, outputs, strict=True)]
        pairs += zip(state_weights, trace.final_state, strict=True)
        return sum(np.sum(w * value) for w, value in pairs)

    grad_h = weights[0] if len(weights) == 1 else tuple(weights)
    gradients = cell.backward(trace, grad_h, state_weights)
    found = [gradients.inputs, *gradients.initial_state]
    arrays = [x, *start]
    by_part = [gradients] if len(parts) == 1 else [gradients.forward, gradients.backward]
    for part, of_part in zip(parts, by_part, strict=True):
        for name in ("kernel", "recurrent_kernel", "bias"):
            if getattr(part, name) is None:
                assert getattr(of_part, name) is None
                continue
            arrays.append(getattr(part, name))
            found.append(getattr(of_part, name))
    for gradient, array in zip(found, arrays, strict=True):
        assert gradient.shape == array.shape
        np.testing.assert_allclose(gradient, finite_differences(loss, array), atol=1e-6)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("use_bias", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_those_of_finite_differences(kind, use_bias, masked):
    for go_backwards in (False, True):
        cell = make(kind, use_bias=use_bias, go_backwards=go_backwards)
        check_gradients(cell, [cell], last=go_backwards, mask=MASK if masked else None)
        check_gradients(cell, [cell], last=not go_backwards, mask=MASK if masked else None)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "GRU, reset before"])
def test_gradients_where_a_derivative_is_found_from_the_argument(kind):
    cell = make(kind, scale=0.3, activation="silu", recurrent_activation="softsign")
    check_gradients(cell, [cell], last=False, mask=MASK)


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("merge_mode", ["concat", "sum", "mul", "ave", None])
def test_gradients_in_both_directions_are_those_of_finite_differences(merge_mode, last):
    for kind in ("LSTM", "GRU"):
        pair = make_pair(kind, merge_mode, units=2)
        check_gradients(pair, [pair.forward_cell, pair.backward_cell], last, MASK)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_at_each_step_are_those_of_finite_differences(kind, masked):
    """Move the state after step t, run on from there, and see how the loss moves."""
    cell, x = make(kind), random_inputs(batch=3)
    mask = MASK if masked else np.ones_like(MASK)
    trace = cell.run(x, mask=mask)
    (weights,) = weigh([trace.h])
    gradients = cell.backward(trace, weights)
    for t in range(TIMESTEPS):
        upto = cell.run(x[:, : t + 1], mask=mask[:, : t + 1])
        states = [state.copy() for state in upto.final_state]
        shown = mask[:, : t + 1].any(axis=1)[:, None]

        def loss_from(h, c=None, t=t, shown=shown):
            total = np.sum(weights[:, t] * np.where(shown, h, 0))
            begun = shown[:, 0]
            for later in range(t + 1, TIMESTEPS):
                step = cell.run(x[:, [later]], h if c is None else [h, c], mask=mask[:, [later]])
                h, *rest = step.final_state
                c = rest[0] if rest else None
                begun = begun | mask[:, later]
                total += np.sum(weights[:, later] * np.where(begun[:, None], h, 0))
            return total

        numeric = finite_differences(lambda states=states: loss_from(*states), states[0])
        np.testing.assert_allclose(gradients.h[:, t], numeric, atol=1e-6)
        if kind == "LSTM":
            o, real = upto.output_gate[:, t], mask[:, t, None]

            def loss_through_c(o=o, real=real, states=states):
                h, c = states
                return loss_from(np.where(real, o * np.tanh(c), h), c)

            numeric = finite_differences(loss_through_c, states[1])
            np.testing.assert_allclose(gradients.c[:, t], numeric, atol=1e-6)


# --- what every recurrence obeys ------------------------------------------------------------

shapes = st.tuples(st.integers(1, 3), st.integers(2, 6), st.integers(0, 10**6))
kinds = st.sampled_from(KINDS)


@deterministic
@given(kind=kinds, shape=shapes, data=st.data())
def test_no_step_sees_the_future(kind, shape, data):
    batch, timesteps, seed = shape
    t = data.draw(st.integers(0, timesteps - 1))
    x = random_inputs(seed, batch, timesteps)
    changed = x.copy()
    changed[:, t] += 1
    cell = make(kind, seed)
    before, after = cell.run(x).h, cell.run(changed).h
    np.testing.assert_array_equal(before[:, :t], after[:, :t])
    assert (before[:, t] != after[:, t]).any()


@deterministic
@given(kind=kinds, shape=shapes, data=st.data())
def test_two_parts_with_the_state_handed_on_are_the_whole(kind, shape, data):
    batch, timesteps, seed = shape
    cut = data.draw(st.integers(1, timesteps - 1))
    rng = np.random.default_rng(seed)
    x, mask = random_inputs(seed, batch, timesteps), rng.random((batch, timesteps)) < 0.7
    cell = make(kind, seed)
    whole = cell.run(x, mask=mask)
    first = cell.run(x[:, :cut], mask=mask[:, :cut])
    second = cell.run(x[:, cut:], first.final_state, mask[:, cut:])
    for ours, expected in zip(second.final_state, whole.final_state, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-10)
    np.testing.assert_allclose(first.h, whole.h[:, :cut], rtol=1e-10)
    begun = np.logical_or.accumulate(mask[:, cut:], axis=1)
    np.testing.assert_allclose(second.h[begun], whole.h[:, cut:][begun], rtol=1e-10)


@deterministic
@given(kind=kinds, shape=shapes, data=st.data())
def test_gradients_of_two_parts_are_those_of_the_whole(kind, shape, data):
    batch, timesteps, seed = shape
    cut = data.draw(st.integers(1, timesteps - 1))
    x, cell = random_inputs(seed, batch, timesteps), make(kind, seed)
    whole = cell.run(x)
    (grad_h,) = weigh([whole.h], seed)
    expected = cell.backward(whole, grad_h)
    first = cell.run(x[:, :cut])
    second = cell.run(x[:, cut:], first.final_state)
    late = cell.backward(second, grad_h[:, cut:])
    early = cell.backward(first, grad_h[:, :cut], late.initial_state)
    for name in ("kernel", "recurrent_kernel", "bias"):
        total = getattr(early, name) + getattr(late, name)
        np.testing.assert_allclose(total, getattr(expected, name), atol=1e-10)
    for name in ("inputs", "h"):
        joined = np.concatenate([getattr(early, name), getattr(late, name)], axis=1)
        np.testing.assert_allclose(joined, getattr(expected, name), atol=1e-10)


@deterministic
@given(kind=kinds, pair=st.booleans(), shape=shapes)
def test_sequences_of_a_batch_know_nothing_of_one_another(kind, pair, shape):
    _, timesteps, seed = shape
    x = random_inputs(seed, 4, timesteps)
    rng = np.random.default_rng(seed)
    mask, order = rng.random((4, timesteps)) < 0.7, rng.permutation(4)
    cell = make_pair(kind) if pair else make(kind, seed)
    whole = cell.run(x, mask=mask)
    shuffled = cell.run(x[order], mask=mask[order])
    np.testing.assert_allclose(shuffled.h, whole.h[order], rtol=1e-10)
    alone = cell.run(x[:1], mask=mask[:1])
    np.testing.assert_allclose(alone.h, whole.h[:1], rtol=1e-10)
    (grad_h,) = weigh([whole.h], seed)
    grad_h[1:] = 0
    gradient = cell.backward(whole, grad_h)
    np.testing.assert_array_equal(gradient.inputs[1:], 0)


@deterministic
@given(kind=kinds, shape=shapes)
def test_a_masked_step_might_as_well_not_be_there(kind, shape):
    _, timesteps, seed = shape
    mask = np.random.default_rng(seed).random((1, timesteps)) < 0.6
    mask[0, timesteps // 2] = True
    x, cell = random_inputs(seed, 1, timesteps), make(kind, seed)
    with_mask, without = cell.run(x, mask=mask), cell.run(x[:, mask[0]])
    for ours, expected in zip(with_mask.final_state, without.final_state, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-10)
    np.testing.assert_allclose(with_mask.h[:, mask[0]], without.h, rtol=1e-10)
    ones = np.ones((1, UNITS))
    ours, expected = cell.backward(with_mask, ones), cell.backward(without, ones)
    np.testing.assert_allclose(ours.kernel, expected.kernel, atol=1e-10)
    np.testing.assert_allclose(ours.inputs[:, mask[0]], expected.inputs, atol=1e-10)
    np.testing.assert_array_equal(ours.inputs[:, ~mask[0]], 0)


@deterministic
@given(kind=kinds, shape=shapes)
def test_going_backwards_is_going_forwards_through_the_reversed_sequence(kind, shape):
    batch, timesteps, seed = shape
    x, mask = random_inputs(seed, batch, timesteps), np.ones((batch, timesteps), bool)
    mask[0, 0] = False
    forwards, backwards = make(kind, seed), make(kind, seed, go_backwards=True)
    expected = forwards.run(x[:, ::-1], mask=mask[:, ::-1])
    trace = backwards.run(x, mask=mask)
    np.testing.assert_array_equal(trace.h, expected.h)
    np.testing.assert_array_equal(trace.mask, mask[:, ::-1])
    ones = np.ones_like(trace.h)
    gradients = backwards.backward(trace, ones)
    expected_gradients = forwards.backward(expected, ones)
    np.testing.assert_array_equal(gradients.inputs[:, ::-1], expected_gradients.inputs)
    np.testing.assert_array_equal(gradients.h, expected_gradients.h)


@deterministic
@given(kind=kinds, shape=shapes)
def test_a_gradient_at_the_last_step_is_one_at_every_step_that_is_zero_elsewhere(kind, shape):
    batch, timesteps, seed = shape
    cell = make(kind, seed)
    trace = cell.run(random_inputs(seed, batch, timesteps))
    (last,) = weigh([trace.last], seed)
    everywhere = np.zeros_like(trace.h)
    everywhere[:, -1] = last
    ours, expected = cell.backward(trace, last), cell.backward(trace, everywhere)
    np.testing.assert_array_equal(ours.inputs, expected.inputs)
    np.testing.assert_array_equal(ours.recurrent_kernel, expected.recurrent_kernel)


@pytest.mark.parametrize("kind", KINDS)
def test_the_two_directions_read_from_both_ends(kind):
    pair, x = make_pair(kind), random_inputs()
    trace = pair.run(x)
    forward, backward = pair.forward_cell.run(x), pair.backward_cell.run(x)
    np.testing.assert_array_equal(trace.h[..., :UNITS], forward.h)
    np.testing.assert_array_equal(trace.h[..., UNITS:], backward.h[:, ::-1])
    # The backward reader has seen everything at the first timestep, not at the last.
    np.testing.assert_array_equal(trace.last[:, UNITS:], trace.h[:, 0, UNITS:])
    assert len(trace.final_state) == 2 * len(pair.forward_cell.kind.states)


# --- activations ----------------------------------------------------------------------------

SCALAR = {
    "linear": lambda a: a,
    "tanh": math.tanh,
    "hard_tanh": lambda a: max(-1, min(1, a)),
    "sigmoid": sigmoid,
    "hard_sigmoid": lambda a: max(0, min(1, a / 6 + 0.5)),
    "relu": lambda a: max(a, 0),
    "relu6": lambda a: min(max(a, 0), 6),
    "leaky_relu": lambda a: a if a > 0 else 0.2 * a,
    "elu": lambda a: a if a > 0 else math.exp(a) - 1,
    "selu": lambda a: 1.05070098 * (a if a > 0 else 1.67326324 * (math.exp(a) - 1)),
    "softplus": lambda a: math.log(1 + math.exp(a)),
    "softsign": lambda a: a / (1 + abs(a)),
    "silu": lambda a: a * sigmoid(a),
    "exponential": math.exp,
}


def test_each_activation_has_its_formula_here():
    assert set(SCALAR) == set(ACTIVATIONS)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_and_their_derivatives(name):
    activation = ACTIVATIONS[name]
    a = np.linspace(-8, 8, 161) + 0.013  # steers clear of the corners
    values = activation(a)
    np.testing.assert_allclose(values, [SCALAR[name](number) for number in a], rtol=1e-7)
    numeric = (activation(a + 1e-6) - activation(a - 1e-6)) / 2e-6
    np.testing.assert_allclose(activation.derivative(a, values), numeric, rtol=1e-6, atol=1e-8)
    single = a.astype("float32")
    assert activation(single).dtype == np.float32
    assert activation.derivative(single, activation(single)).dtype == np.float32


# --- precision ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pair", [False, True])
def test_precision_follows_the_inputs(kind, pair):
    cell = make_pair(kind) if pair else make(kind)
    for dtype in ("float32", "float64"):
        trace = cell.run(random_inputs().astype(dtype), mask=np.ones((BATCH, TIMESTEPS)))
        gradients = cell.backward(trace, trace.h)
        for part in (gradients.forward, gradients.backward) if pair else (gradients,):
            for name in ("kernel", "recurrent_kernel", "bias", "h", "inputs"):
                assert getattr(part, name).dtype == dtype
        for array in (trace.h, trace.last, *trace.final_state, gradients.inputs):
            assert array.dtype == dtype


def test_whole_numbers_become_float32():
    assert make("LSTM").run(np.ones((2, 3, FEATURES), int)).h.dtype == np.float32


def test_nothing_that_is_given_is_changed():
    cell, x = make("GRU"), random_inputs()
    x.flags.writeable = False
    for array in (cell.kernel, cell.recurrent_kernel, cell.bias):
        array.flags.writeable = False
    start = random_states(cell)
    kept = start[0].copy()
    trace = cell.run(x, start)
    h = trace.h.copy()
    cell.backward(trace, np.ones_like(trace.h))
    np.testing.assert_array_equal(start[0], kept)
    np.testing.assert_array_equal(trace.h, h)
    with pytest.raises(dataclasses.FrozenInstanceError):
        cell.reset_after = False


def test_cells_and_traces_are_short_to_print():
    cell = make("LSTM")
    assert repr(cell) == "LSTM(features=3, units=5)"
    trace = cell.run(random_inputs())
    assert repr(trace) == "LSTMTrace(batch=2, timesteps=4, units=5)"
    assert repr(cell.backward(trace, trace.h)) == "LSTMGradients(batch=2, timesteps=4, units=5)"
    pair = make_pair("GRU", "sum")
    assert repr(pair) == (
        "Bidirectional(GRU(features=3, units=5), GRU(features=3, units=5), 'sum')"
    )


# --- errors, in the reader's words ----------------------------------------------------------

K, U, B = np.zeros((3, 20)), np.zeros((5, 20)), np.zeros(20)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: LSTM(np.zeros(20), U, B), r"kernel: expected \(features, 4·units\); got \(20,\)"),
        (lambda: LSTM(np.zeros((3, 18)), U, B), r"kernel: expected .*got \(3, 18\)"),
        (lambda: LSTM(np.zeros((0, 20)), U, B), r"kernel: expected .*got \(0, 20\)"),
        (
            lambda: LSTM(K, U.T, B),
            r"recurrent_kernel: expected \(units, 4·units\), here \(5, 20\) to fit the kernel's "
            r"\(3, 20\); got \(20, 5\)",
        ),
        (lambda: SimpleRNN(K, U, B), r"recurrent_kernel: expected \(units, units\), here \(20, 20"),
        (lambda: LSTM(K, U, np.zeros(5)), r"bias: expected \(20,\) to fit .*; got \(5,\)"),
        (
            lambda: GRU(np.zeros((3, 15)), np.zeros((5, 15)), np.zeros(15)),
            r"bias: expected \(2, 15\) .*got \(15,\): is this a GRU with reset_after=False\?",
        ),
        (
            lambda: GRU(np.zeros((3, 15)), np.zeros((5, 15)), np.zeros((2, 15)), reset_after=False),
            r"bias: expected \(15,\) .*got \(2, 15\): is this a GRU with reset_after=True\?",
        ),
        (
            lambda: LSTM(K, U, None, activation="gelu"),
            "activation: expected one of 'linear', 'tanh', .* got 'gelu'",
        ),
        (lambda: GRU(K[:, :15], U[:, :15], None, recurrent_activation=1), "^recurrent_activation:"),
        (lambda: LSTM([["a"] * 20], U, B), "kernel: expected an array of numbers; got dtype <U1"),
        (lambda: make_pair("LSTM", "add"), "merge_mode: expected one of 'concat', .* got 'add'"),
        (
            lambda: Bidirectional(make("LSTM"), make("LSTM")),
            "backward: expected a cell with go_backwards=True; got go_backwards=False",
        ),
        (
            lambda: Bidirectional(make("LSTM"), make("LSTM", features=2, go_backwards=True)),
            "cells that read the same features; got 3 and 2",
        ),
        (
            lambda: Bidirectional(make("LSTM"), make("GRU", units=4, go_backwards=True), "mul"),
            "merge_mode: 'mul' needs two cells of one width; got 5 and 4 units",
        ),
    ],
)
def test_weights_that_do_not_fit(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_two_widths_can_stand_side_by_side():
    pair = Bidirectional(make("LSTM"), make("GRU", units=4, go_backwards=True))
    trace = pair.run(random_inputs())
    assert trace.h.shape == (BATCH, TIMESTEPS, 9)
    assert pair.backward(trace, np.ones((BATCH, 9))).backward.h.shape == (BATCH, TIMESTEPS, 4)


X = np.zeros((2, 4, 3))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"inputs": np.zeros((4, 3))}, r"got \(4, 3\): is this a single sequence \(inputs\[np"),
        ({"inputs": np.zeros((2, 4))}, r"expected \(batch, timesteps, features\); got \(2, 4\)"),
        ({"inputs": np.zeros((2, 4, 3, 1))}, r"got \(2, 4, 3, 1\): there is an axis too many"),
        ({"inputs": np.zeros((2, 3, 4))}, r"got \(2, 3, 4\): are timesteps and features swapped\?"),
        ({"inputs": np.zeros((2, 4, 7))}, r"expected \(batch, timesteps, 3\); got \(2, 4, 7\)"),
        ({"inputs": np.zeros((2, 0, 3))}, r"expected at least 1 timestep; got shape \(2, 0, 3\)"),
        (
            {"inputs": [[[1.0] * 3], [[1.0] * 3] * 2]},
            "inputs: .* do the sequences differ in length",
        ),
        ({"mask": [[True], [True, False]]}, "mask: .* do the sequences differ in length"),
        ({"inputs": X.astype("float16")}, "float32 or float64; got dtype float16"),
        ({"inputs": X.astype("complex128")}, "float32 or float64; got dtype complex128"),
        ({"inputs": [[["so", "dull", "!"]]]}, "inputs: expected numbers, .* got dtype <U4"),
        ({"inputs": [[[1, 2, 2**24 + 1]]]}, r"float32 can hold; got 16777217 at \(0, 0, 2\)"),
        ({"inputs": pandas.DataFrame(np.zeros((4, 3)))}, r"is this a single sequence \(inputs\[np"),
        ({"inputs": 3.0}, r"expected \(batch, timesteps, features\); got \(\)"),
        ({"mask": np.full((2, 4), 0.5)}, r"true or false, or 1 or 0; got 0.5 at \(0, 0\)"),
        ({"mask": [[1, 1, 2, 0], [1, 1, 1, 1]]}, r"mask: expected .* got 2 at \(0, 2\)"),
        ({"mask": [[1, 1, np.nan, 0], [1] * 4]}, r"mask: expected .* got nan at \(0, 2\)"),
        ({"initial_state": [np.zeros((2, 5)) * 1j] * 2}, "initial_state: .* got dtype complex128"),
        ({"initial_state": [[[1.0], [1, 2]]] * 2}, "initial_state: .* do the sequences differ"),
        ({"mask": np.ones((2, 4, 1))}, r"mask: expected \(2, 4\), .* got \(2, 4, 1\)"),
        ({"mask": np.ones(2)}, r"mask: expected \(2, 4\), .* got \(2,\)"),
        ({"initial_state": np.zeros((2, 5))}, r"expected \[h, c\], two arrays .*\(2, 5\); got 1$"),
        ({"initial_state": [np.zeros((2, 5))] * 3}, r"two arrays .*; got 3$"),
        ({"initial_state": [np.zeros((2, 5)), np.zeros(5)]}, r"initial_state: .*got \(5,\)"),
        ({"initial_state": [np.zeros((2, 4))] * 2}, r"\(batch, units\); got \(2, 4\)"),
    ],
    ids=str,
)
def test_inputs_that_do_not_fit(given, message):
    with pytest.raises(ValueError, match=message):
        make("LSTM").run(**{"inputs": X, **given})


@pytest.mark.parametrize("kind", KINDS)
def test_lists_and_tables_are_arrays(kind):
    cell, x = make(kind), random_inputs()
    states, mask = random_states(cell), MASK_OF_EACH_KIND[0]
    expected = cell.run(x, states, mask).h
    for same in MASK_OF_EACH_KIND:
        lists = [state.tolist() for state in states]
        tables = [pandas.DataFrame(state, index=[5, 3]) for state in states]
        for start in (lists, tables, tuple(states)):
            np.testing.assert_array_equal(cell.run(x.tolist(), start, same).h, expected)
    trace = cell.run(x, states, mask)
    grads = cell.backward(trace, np.ones_like(trace.h))
    np.testing.assert_array_equal(
        cell.backward(trace, np.ones_like(trace.h, int).tolist()).kernel, grads.kernel
    )


MASK_OF_EACH_KIND = [
    np.array([[True, True, False, True], [False, True, True, True]]),
    [[1, 1, 0, 1], [0, 1, 1, 1]],
    [[1.0, 1.0, 0.0, 1.0], [0.0, 1.0, 1.0, 1.0]],
    pandas.DataFrame([[True, True, False, True], [False, True, True, True]], index=[3, 1]),
]


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-9, 9), min_size=1, max_size=4))
@settings(derandomize=True, deadline=None)
def test_a_whole_number_stays_what_it_is_or_is_refused(numbers):
    cell = SimpleRNN(np.ones((1, 1)), np.zeros((1, 1)), None, activation="linear")
    x = np.array(numbers)[None, :, None]
    if all(int(np.float32(number)) == number for number in numbers):
        assert [int(number) for number in cell.run(x).h.ravel()] == numbers
    else:
        with pytest.raises(ValueError, match="inputs: expected numbers that float32 can hold"):
            cell.run(x)


def test_weights_that_the_inputs_precision_cannot_hold_are_refused():
    cell = SimpleRNN(np.array([[1e39]]), np.zeros((1, 1)), None)
    assert np.isfinite(cell.run(np.ones((1, 1, 1))).h).all()
    with pytest.raises(ValueError, match=r"kernel: expected numbers that float32 .* 1e\+39 at"):
        cell.run(np.ones((1, 1, 1), "float32"))


def test_states_that_do_not_fit_a_pair():
    for states, got in (([np.zeros((2, 5))] * 3, "3"), (np.zeros((2, 5)), "one array")):
        with pytest.raises(ValueError, match=f"expected a list of 4 arrays.*; got {got}"):
            make_pair("LSTM").run(X, states)


def test_gradients_that_do_not_fit():
    cell = make("LSTM")
    trace = cell.run(X)
    with pytest.raises(ValueError, match=r"grad_h: expected \(2, 4, 5\), .* \(2, 5\), .*\(2, 4\)"):
        cell.backward(trace, np.ones((2, 4)))
    with pytest.raises(ValueError, match=r"grad_h: .* got dtype complex128"):
        cell.backward(trace, trace.h * 1j)
    with pytest.raises(ValueError, match=r"grad_final_state: expected \[h, c\]"):
        cell.backward(trace, trace.h, [np.ones((2, 5))])
    pair = make_pair("LSTM")
    with pytest.raises(ValueError, match=r"grad_h: expected \(2, 4, 10\), .* got \(2, 4, 5\)"):
        pair.backward(pair.run(X), trace.h)
    pair = make_pair("LSTM", None)
    with pytest.raises(ValueError, match=r"grad_h: expected \(\(2, 4, 5\), \(2, 4, 5\)\), a grad"):
        pair.backward(pair.run(X), trace.h)


def test_a_trace_of_another_cell():
    lstm, gru, pair = make("LSTM"), make("GRU"), make_pair("LSTM")
    trace = lstm.run(X)
    with pytest.raises(TypeError, match=r"expected the GRUTrace that run\(\) .*; got LSTMTrace"):
        gru.backward(trace, trace.h)
    with pytest.raises(TypeError, match=r"expected the BidirectionalTrace .*; got LSTMTrace"):
        pair.backward(trace, trace.h)
    for other in (make("LSTM", units=4), make("LSTM", features=2), make("LSTM", go_backwards=True)):
        with pytest.raises(ValueError, match="trace: expected one that run"):
            other.backward(trace, trace.h)
