"""Answers to the exercises of chapter 7: right ones, wrong ones, and ones of another kind."""

import numpy as np

SECRETS = ("36,096", "36096", "transpose", "swapaxes", "reshape(", "14", "56",
           "True, True", "argmax")  # fmt: skip


def last_change(probs):
    """A solution written another way than the module's own."""
    leaders = np.argmax(probs, axis=1)
    changed = np.flatnonzero(leaders != leaders[-1])
    return changed[-1] + 2 if len(changed) else 1


RIGHT = {
    "mnist-two-rows": [
        lambda x: x.reshape(len(x), x.shape[1] // 2, -1),
        lambda x: x.reshape(-1, 14, 56),
        lambda x: np.concatenate([x[:, ::2], x[:, 1::2]], axis=-1),
        lambda x: x.reshape(-1, 4, 16),  # written for the embedded digits
    ],
    "mnist-columns": [
        lambda x: x.transpose(0, 2, 1),
        lambda x: np.stack([x[:, :, i] for i in range(x.shape[2])], axis=1),
    ],
    "mnist-parameters": [36096, np.int64(36096), 36096.0, np.array(36096)],
    "mnist-return-sequences": [[True, True, False], (True, True, False), np.array([1, 1, 0]) > 0],
    "mnist-reads-until": [last_change],
}

# A wrong answer and words of the message that must meet it.
WRONG = {
    "mnist-two-rows": [
        (lambda x: x, "still one row"),
        (lambda x: x.reshape(len(x), 56, 14), "changed places"),
        (lambda x: x.reshape(len(x), 14, 56).swapaxes(1, 2), "changed places"),
        (lambda x: x.reshape(-1, 56), "run together"),
        (lambda x: x.reshape(1, -1, 56), "run together"),
        (lambda x: x[0].reshape(14, 56), "batch axis is gone"),
        (lambda x: x.reshape(len(x), -1), "another number of axes"),
        (lambda x: x.reshape(len(x), 14, 2, 28), "another number of axes"),
        (lambda x: x[:, ::2], "gone, or averaged"),
        (lambda x: (x[:, ::2] + x[:, 1::2]) / 2, "gone, or averaged"),
        (lambda x: np.concatenate([x[:, :14], x[:, 14:]], axis=-1), "half a picture apart"),
        (lambda x: x.reshape(-1, 14, 2, 28)[:, :, ::-1].reshape(-1, 14, 56), "lower row"),
        (lambda x: x.reshape(-1, 14, 2, 28).swapaxes(2, 3).reshape(-1, 14, 56), "alternate"),
        (lambda x: x.swapaxes(1, 2).reshape(-1, 14, 56), "pairs of columns"),
        (lambda x: x.T.reshape(-1, 14, 56), "wrong place"),
        (lambda x: x.reshape(-1, 7, 112), "count the pixels"),
    ],
    "mnist-columns": [
        (lambda x: x, "which operation exchanges"),
        (lambda x: x.reshape(len(x), x.shape[2], x.shape[1]), "which operation exchanges"),
        (lambda x: x[:, ::-1], "from the bottom"),
        (lambda x: x[:, :, ::-1], "mirror"),
        (lambda x: np.rot90(x, axes=(1, 2)), "right edge to the left"),
        (lambda x: np.rot90(x, k=-1, axes=(1, 2)), "upside down"),
        (lambda x: x.T, "all three axes"),
        (lambda x: x.swapaxes(0, 1), "batch axis has changed places"),
        (lambda x: x[0].T, "another number of axes"),
        (lambda x: x + 1, "left edge"),
    ],
    "mnist-parameters": [
        (18048, "one direction"),
        (37386, "dense layer"),
        (47616, "LSTM"),
        (35712, "one bias vector"),
        (35328, "biases are missing"),
        (2 * 3 * 64 * (28 + 2), "carries the state"),
        (2 * 3 * 64 * 28, "carries the state"),
        (2 * 2 * 64 * (28 + 64 + 2), "candidate"),
        (2 * 64 * (28 + 64 + 1), "plain recurrent"),
        (2 * 3 * 128 * (28 + 128 + 2), "128 units"),
        (2 * 3 * 64 * (8 + 64 + 2), "8 pixels"),
        (28 * 36096, "once for each row"),
        (1, "shape of each weight"),
    ],
    "mnist-return-sequences": [
        ([False, False, False], "ndim=2"),
        ([False, False, True], "wrong way round"),
        ([True, True, True], "28 vectors"),
        ([True, False, False], "waiting"),
        ([False, True, False], "the first layer"),
        ([True, False, True], "follow the shape"),
    ],
    "mnist-reads-until": [
        (lambda p: (p.argmax(1) == p[-1].argmax()).argmax() + 1, "may lose the lead again: "),
        (lambda p: (p.argmax(1) == p[-1].argmax()).argmax(), "counted from 0. It may"),
        (lambda p: last_change(p) - 1, "one row early"),
        (lambda p: last_change(p) + 1, "one row late"),
        (lambda p: len(p) - last_change(p) + 1, "for how many rows"),
        (lambda p: (np.diff(p.argmax(1)) != 0).sum(), "how often"),
        (lambda p: p[-1].argmax(), "asks for a row"),
        (len, "number of rows"),
        (lambda p: p.max(1).argmax() + 1, "surest"),
        (lambda p: last_change(p) if last_change(p) > 1 else 0, "never does"),
        (lambda p: 77, "by hand"),
    ],
}

# An answer of the wrong kind and words of the message.
UNREADABLE = {
    "mnist-two-rows": [
        (np.zeros((3, 14, 56)), "hand in the function itself"),
        (None, "got nothing (None)"),
        (lambda x: None, "is a return missing?"),
        (lambda x: "sequences", "not numbers"),
        (lambda x: [[1], [1, 2]], "not numbers"),
        (lambda x: x.reshape(5, 5), "(3, 28, 28) your function raised ValueError"),
        (lambda x: np.negative(x, out=x), "work on a copy"),
    ],
    "mnist-columns": [("transpose", "got 'transpose'"), (np.zeros, "raised")],
    "mnist-parameters": [
        ("36096", "got '36096'"),
        (36096.5, "got 36096.5"),
        (True, "got True"),
        ([36096], "got [36096]"),
        (float("nan"), "got nan"),
    ],
    "mnist-return-sequences": [
        ([1, 1, 0], "got [1, 1, 0]"),
        ([True, False], "got [True, False]"),
        (True, "got True"),
        ("TTF", "got 'TTF'"),
    ],
    "mnist-reads-until": [
        (3, "got 3"),
        (lambda p: p.argmax(1), "an array of shape"),
        (lambda p: 1.5, "returned 1.5"),
    ],
}
