"""Answers to the exercises of chapter 10, of another make than the package's."""

import numpy as np

SECRETS = ("swapaxes", "np.", "maximum", "True, False, False", "25")


def mean_by_row(h, mask, empty=0):
    pairs = zip(h, mask, strict=True)
    rows = [r[real].mean(0) if real.any() else np.full(h.shape[2], empty) for r, real in pairs]
    return np.array(rows)


def mean_by_nan(h, mask):
    return np.nan_to_num((h * mask[..., None]).sum(1) / mask.sum(1, keepdims=True))


def takes(mask):
    """Sorting must change nothing."""
    return np.array_equal(mask, -np.sort(-mask.astype(int), axis=1)) and mask.any(1).all()


def rows_of(series, rows, steps):
    """Cut, and gather by chunk."""
    parts = np.split(series, rows)
    chunks = len(series) // rows // steps
    return np.array([[part[c * steps : (c + 1) * steps] for part in parts] for c in range(chunks)])


RIGHT = {
    "variable-length-mean": [mean_by_row, mean_by_nan],
    "variable-length-cudnn": [
        takes,
        lambda mask: all(row[0] and (np.diff(row.astype(int)) <= 0).all() for row in mask),
        lambda mask: [takes(mask)],
    ],
    "variable-length-keepers": [[True, False, False, True, False, True], [1, 0, 0, 1, 0, 1]],
    "variable-length-steps": [25],
    "variable-length-rows": [rows_of],
}

WRONG = {
    "variable-length-mean": [
        (lambda h, mask: mean_by_row(h, mask, -1.0), "should give zeros"),
        (lambda h, mask: (h * mask[..., None]).mean(0), "over which axis"),
        (lambda h, mask: h[:, 0], "two real steps"),
    ],
    "variable-length-cudnn": [(lambda mask: mask[:, -1].any(), "one row at a time")],
    "variable-length-keepers": [
        ([True, False, True, True, False, True], "the third"),
        ([True, False, False, True, True, True], "the fifth"),
        ([True, True, False, True, False, True], "the second"),
        ([True, False, False, True, False, False], "the sixth"),
        ([True, False, False, False, False, True], "one of the two layers"),
    ],
    "variable-length-steps": [(-25, "does sorting cost"), (7, "the pairs in both orders")],
    "variable-length-rows": [
        (lambda s, r, n: rows_of(s[::-1], r, n), "Follow row 0"),
        (lambda s, r, n: s.reshape(-1, n, s.shape[1]), "three axes"),
        (lambda s, r, n: s, "cut them by hand"),
    ],
}

UNREADABLE = {
    "variable-length-cudnn": [(lambda mask: mask.any(1), "not one True or False for")],
    "variable-length-keepers": [([True, False], "got [True, False]"), ("all", "got 'all'")],
}
