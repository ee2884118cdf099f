"""Encoding and padding 25,000 reviews: seqlearn.text beside what readers would use instead.

Needs the full film reviews. All are measured in turn in one process; medians of five.

    python benchmarks/text.py
"""

from __future__ import annotations

import statistics
import time

import numpy as np

import seqlearn

REPEATS = 5
WORDS, LENGTH = 20_000, 400


def median_seconds(action) -> float:
    """Seconds of an action, the median of a few runs."""
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def main() -> None:
    """Measure, compare the results, print."""
    seqlearn.start()
    import keras

    from seqlearn import datasets, text

    data = datasets.load_imdb("full", num_words=None)
    reviews = [*data.x_train, *data.x_val]
    texts = [data.vocabulary.decode(review[1:]) for review in reviews]
    vocabulary = text.Vocabulary(data.word_index, WORDS)
    words = sorted(data.word_index, key=data.word_index.get)[: WORDS - text.FIRST_WORD]
    # Keras 3's layer; it numbers words from 2 on and has no start mark.
    layer = keras.layers.TextVectorization(
        vocabulary=words, standardize="lower_and_strip_punctuation", ragged=True
    )
    encoded = vocabulary.encode_all(texts)
    same = np.array_equal(
        text.pad(encoded, LENGTH, padding="before", truncating="before"),
        keras.utils.pad_sequences(encoded, LENGTH),
    )
    print(f"{len(texts):,} texts, {sum(map(len, encoded)):,} indices; padded alike: {same}")
    rows = {
        "encode: seqlearn.text.Vocabulary": lambda: vocabulary.encode_all(texts),
        "encode: keras.layers.TextVectorization": lambda: layer(texts),
        "pad: seqlearn.text.pad": lambda: text.pad(
            encoded, LENGTH, padding="before", truncating="before"
        ),
        "pad: keras.utils.pad_sequences": lambda: keras.utils.pad_sequences(encoded, LENGTH),
    }
    for label, action in rows.items():
        print(f"{label:42s} {median_seconds(action):6.2f} s")


if __name__ == "__main__":
    main()
