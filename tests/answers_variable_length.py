"""Answers to the exercises of chapter 10: right ones, wrong ones, and ones of another kind."""

import numpy as np

SECRETS = ("swapaxes", "np.", "maximum", "True, False, False", "25")


def mean_by_row(h, mask):
    """A solution written another way: one row at a time."""
    pairs = zip(h, mask, strict=True)
    rows = [row[real].mean(0) if real.any() else np.zeros(h.shape[2]) for row, real in pairs]
    return np.array(rows)


def mean_by_nan(h, mask):
    return np.nan_to_num(sums(h, mask) / mask.sum(1, keepdims=True))


def sums(h, mask):
    return (h * mask[..., None]).sum(1)


def count(mask):
    return mask.sum(1, keepdims=True)


def takes(mask):
    """A solution written another way: sorting must change nothing."""
    return np.array_equal(mask, -np.sort(-mask.astype(int), axis=1)) and mask.any(1).all()


def rows_of(series, rows, steps):
    """A solution written another way: cut, and gather by chunk."""
    parts = np.split(series, rows)
    chunks = len(series) // rows // steps
    return np.array([[part[c * steps : (c + 1) * steps] for part in parts] for c in range(chunks)])


RIGHT = {
    "variable-length-mean": [
        mean_by_row,
        mean_by_nan,
        lambda h, mask: sums(h, mask) / count(mask).clip(1),
    ],
    "variable-length-cudnn": [
        takes,
        lambda mask: all(row[0] and (np.diff(row.astype(int)) <= 0).all() for row in mask),
        lambda mask: [takes(mask)],
    ],
    "variable-length-keepers": [
        [True, False, False, True, False, True],
        np.array([1, 0, 0, 1, 0, 1]) > 0,
    ],
    "variable-length-steps": [25, np.int64(25), 25.0],
    "variable-length-rows": [
        rows_of,
        lambda s, rows, steps: np.moveaxis(s.reshape(rows, -1, steps, s.shape[1]), 1, 0),
    ],
}

# A wrong answer and words of the message that must meet it.
WRONG = {
    "variable-length-mean": [
        (lambda h, mask: h.mean(1), "mask is not used"),
        (lambda h, mask: sums(h, mask) / h.shape[1], "left out of the count"),
        (sums, "by what does a mean divide"),
        (lambda h, mask: sums(h, mask) / count(mask), "nothing divided by nothing"),
        (
            lambda h, mask: np.where(count(mask), sums(h, mask) / count(mask).clip(1), -1.0),
            "should give zeros",
        ),
        (lambda h, mask: sums(h, mask) / (count(mask) + 1), "one too many in every row"),
        (lambda h, mask: sums(h, ~mask) / count(~mask).clip(1), "which way round"),
        (
            lambda h, mask: sums(h, mask) / h.any(2).sum(1)[:, None].clip(1),
            "counted by what is not zero",
        ),
        (lambda h, mask: (h * mask[..., None]).mean(0), "over which axis"),
        (lambda h, mask: h[:, 0], "two real steps"),
    ],
    "variable-length-cudnn": [
        (lambda mask: not takes(mask), "wrong way round"),
        (lambda mask: (np.diff(mask.astype(int)) <= 0).all(), "all padding"),
        (lambda mask: mask[:, 0].all(), "a gap"),
        (lambda mask: takes(mask[:, ::-1]), "At which end"),
        (lambda mask: mask.any(1).all(), "half of it"),
        (lambda mask: mask.all(), "refuses all padding"),
        (lambda mask: any(takes(row[None]) for row in mask), "one row of the mask"),
        (lambda mask: True, "no mask that cuDNN refuses"),
        (lambda mask: False, "no mask at all"),
        (lambda mask: mask[:, -1].any(), "one row at a time"),
    ],
    "variable-length-keepers": [
        ([False, True, True, False, True, False], "wrong way round"),
        ([True] * 6, "nothing ever drop"),
        ([False] * 6, "nothing pass"),
        ([True, False, True, True, False, True], "the third"),
        ([True, False, False, True, True, True], "the fifth"),
        ([True, True, False, True, False, True], "the second"),
        ([True, False, False, True, False, False], "the sixth"),
        ([True, False, False, False, False, True], "one of the two layers"),
    ],
    "variable-length-steps": [
        (0, "as many words in any order"),
        (50, "computed together"),
        (69, "one of the two orders"),
        (44, "one of the two orders"),
        (36, "all to 20 steps"),
        (11, "all to 20 steps"),
        (83, "counts words"),
        (-25, "does sorting cost"),
        (7, "the pairs in both orders"),
    ],
    "variable-length-rows": [
        (lambda s, r, n: s.reshape(-1, r, n, s.shape[1]), "one below the other"),
        (lambda s, r, n: s.reshape(r, -1, n, s.shape[1]), "first axis counts rows"),
        (lambda s, r, n: rows_of(s, r, n).swapaxes(1, 2), "have changed places"),
        (lambda s, r, n: rows_of(s, r, n)[:, ::-1], "in the wrong order"),
        (lambda s, r, n: s.reshape(-1, n, r, s.shape[1]).swapaxes(1, 2), "every third step"),
        (lambda s, r, n: rows_of(s[::-1], r, n), "Follow row 0"),
        (lambda s, r, n: s.reshape(-1, n, s.shape[1]), "three axes"),
        (lambda s, r, n: s, "cut them by hand"),
    ],
}

# An answer of the wrong kind and words of the message.
UNREADABLE = {
    "variable-length-mean": [
        (np.zeros((4, 3)), "hand in the function itself"),
        (lambda h, mask: h.fill(0), "is a return missing?"),
    ],
    "variable-length-cudnn": [
        (lambda mask: mask.any(1), "not one answer for the whole mask"),
        (True, "got True"),
    ],
    "variable-length-keepers": [
        ([1, 0, 0, 1, 0, 1], "got [1, 0, 0"),
        ([True, False], "got [True, False]"),
        ("all", "got 'all'"),
        (True, "got True"),
    ],
    "variable-length-steps": [("25", "got '25'"), (0.5, "got 0.5")],
    "variable-length-rows": [
        (lambda s: s, "raised TypeError"),
        (3, "got 3"),
    ],
}
