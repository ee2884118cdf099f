"""Train, time and judge Keras models: schedules, fresh starts, batches, a clock, accuracy.

Call :func:`seqlearn.start` first, so that the backend loads quietly and seeded.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from numbers import Real

import keras
import numpy as np

from seqlearn.checks import (
    require_examples,
    require_fits,
    require_labels,
    require_scores,
    require_share,
    require_whole_number,
    shown,
)
from seqlearn.text import length_batches, pad


def warmup_cosine(
    peak: float, steps: int, warmup: float = 0.2
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Learning rate that climbs in a straight line to a peak, then falls along a cosine to 0.

    Args:
        peak: The largest learning rate, reached when the warm-up ends.
        steps: Updates in the whole training: epochs times batches.
        warmup: Share of ``steps`` spent climbing, from 0 up to 1 (not included).

    Returns:
        A Keras schedule, for an optimizer's ``learning_rate``.

    Raises:
        TypeError: If ``steps`` is no whole number, or ``warmup`` no number.
        ValueError: If one of the three is out of range.

    Source:
        Warm-up: Goyal et al. 2017, section 2.2; cosine: Loshchilov and Hutter 2017,
        equation 5, with a single period.

    Example:
        >>> rate = warmup_cosine(peak=0.004, steps=100, warmup=0.2)
        >>> [round(float(rate(step)), 4) for step in (0, 10, 20, 60, 100)]
        [0.0, 0.002, 0.004, 0.002, 0.0]
    """
    if isinstance(peak, bool) or not isinstance(peak, Real) or not 0 < peak < math.inf:
        raise ValueError(
            f"peak: expected a learning rate above 0, such as 0.004; got {shown(peak)}"
        )
    steps = require_whole_number(steps, "steps")
    require_share(warmup, "warmup")
    climbing = round(warmup * steps)
    if climbing == 0:
        return keras.optimizers.schedules.CosineDecay(peak, decay_steps=steps)
    return keras.optimizers.schedules.CosineDecay(
        0.0, decay_steps=max(steps - climbing, 1), warmup_target=peak, warmup_steps=climbing
    )


def count_steps(examples: int, batch_size: int, epochs: int) -> int:
    """Count the updates of a training: the last, smaller batch of an epoch is one too.

    Args:
        examples: Training examples.
        batch_size: Examples in a batch.
        epochs: Passes over the examples.

    Returns:
        Number of updates.

    Raises:
        TypeError: If one of the three is no whole number.
        ValueError: If one is below 1.

    Example:
        >>> count_steps(examples=55_000, batch_size=128, epochs=2)
        860
    """
    examples = require_whole_number(examples, "examples")
    batch_size = require_whole_number(batch_size, "batch_size")
    epochs = require_whole_number(epochs, "epochs")
    return math.ceil(examples / batch_size) * epochs


def reinitialize(model: keras.Model) -> keras.Model:
    """Give a compiled model fresh weights and an optimizer that has seen nothing.

    Training the same small model from several seeds spends much of its time on compiling. A
    model that is made fresh keeps its compiled step; after ``keras.utils.set_random_seed`` it has
    the weights that a new one would have.

    Args:
        model: A compiled Keras model whose optimizer starts with zeros, as SGD, RMSprop and Adam
            do. It is changed, and forgets pretrained weights too.

    Returns:
        The same model, for use as a ``build`` of :func:`seqlearn.seeds.repeat`.

    Raises:
        ValueError: If the model is not compiled.

    Example:
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        >>> model.compile("adam", "mse")
        >>> x, y = np.ones((4, 3)), np.zeros((4, 2))
        >>> losses = []
        >>> for _ in range(2):
        ...     keras.utils.set_random_seed(7)
        ...     losses += reinitialize(model).fit(x, y, verbose=0).history["loss"]
        >>> losses[0] == losses[1]
        True
    """
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        raise ValueError("model: expected a compiled model; got one without an optimizer")
    fresh = keras.models.clone_model(model)  # draws from the layers' initializers
    # All variables, because a layer with dropout also keeps the state of its generator.
    for variable, new in zip(model.variables, fresh.variables, strict=True):
        variable.assign(new)
    for variable in optimizer.variables:
        if not variable.path.endswith("learning_rate"):
            variable.assign(keras.ops.zeros_like(variable))
    return model


def random_shift(images: np.ndarray, pixels: int, rng: np.random.Generator) -> np.ndarray:
    """Move each picture by its own random whole number of pixels, filling with zeros.

    Args:
        images: ``(batch, timesteps, features)``, any dtype: rows (timesteps) of pixels (features).
        pixels: Largest shift in either direction; 0 moves nothing. Vertical and horizontal
            shifts are drawn independently and evenly from ``-pixels, ..., pixels``.
        rng: Source of the randomness.

    Returns:
        A new array of the shape and dtype of ``images``.

    Raises:
        TypeError: If ``pixels`` is no whole number, or ``rng`` no generator.
        ValueError: If ``images`` has not three axes, or ``pixels`` is negative or not smaller
            than the picture.

    Example:
        >>> picture = np.zeros((1, 3, 3)); picture[0, 1, 1] = 1.0
        >>> moved = random_shift(picture, 1, np.random.default_rng(0))
        >>> moved.shape, float(moved.sum())
        ((1, 3, 3), 1.0)
    """
    images = np.asarray(images)
    if images.ndim != 3:
        raise ValueError(
            "images: expected (batch, timesteps, features); "
            f"got {images.shape}: a single picture needs images[np.newaxis]"
        )
    batch, rows, columns = images.shape
    pixels = require_whole_number(pixels, "pixels", at_least=0, at_most=min(rows, columns) - 1)
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng: expected np.random.default_rng(7), for instance; got {shown(rng)}")
    framed = np.pad(images, ((0, 0), (pixels, pixels), (pixels, pixels)))
    shifted = np.empty_like(images)
    # There are few distinct shifts, so slicing one group at a time beats a gather.
    choices = 2 * pixels + 1
    group = rng.integers(0, choices**2, size=batch)
    for index in range(choices**2):
        chosen = group == index
        top, left = divmod(index, choices)
        shifted[chosen] = framed[chosen, top : top + rows, left : left + columns]
    return shifted


class ChangedBatches(keras.utils.PyDataset):
    """Batches in a new random order each epoch, each changed by a function as it is drawn.

    Args:
        x: Inputs, ``(batch, ...)``, as an array, a list or a table.
        y: Targets, ``(batch,)`` or ``(batch, ...)``.
        batch_size: Examples in a batch; the last batch may be smaller.
        change: Function ``(inputs, rng) -> inputs`` that gives a changed copy of a batch,
            for instance ``lambda images, rng: random_shift(images, 1, rng)``.
        seed: Seed of the order and of the changes.

    Raises:
        TypeError: If ``x`` or ``y`` holds no examples, or ``batch_size`` no whole number.
        ValueError: If ``x`` and ``y`` differ in length, are empty or lack a number, or
            ``batch_size`` is below 1.

    Example:
        >>> x, y = np.zeros((5, 2, 3)), np.arange(5)
        >>> batches = ChangedBatches(x, y, 2, change=lambda a, rng: a + 1, seed=0)
        >>> len(batches), batches[0][0].shape, float(batches[2][0].max())
        (3, (2, 2, 3), 1.0)
    """

    def __init__(
        self,
        x: np.ndarray,
        y: np.ndarray,
        batch_size: int,
        change: Callable[[np.ndarray, np.random.Generator], np.ndarray],
        seed: int,
    ):
        super().__init__()
        x = require_examples(x, "x")
        y = require_examples(y, "y")
        if len(x) != len(y):
            raise ValueError(
                f"x and y: expected one target for each input; got {len(x)} and {len(y)}"
            )
        batch_size = require_whole_number(batch_size, "batch_size")
        require_whole_number(seed, "seed", 0)
        self._x, self._y, self._batch_size, self._change = x, y, batch_size, change
        self._rng = np.random.default_rng(seed)
        self._order = self._rng.permutation(len(x))

    def __len__(self) -> int:
        return math.ceil(len(self._x) / self._batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        return self._change(self._x[chosen], self._rng), self._y[chosen]

    def on_epoch_end(self) -> None:
        """Draw a new order; Keras calls this between epochs."""
        self._order = self._rng.permutation(len(self._x))


class BucketedBatches(keras.utils.PyDataset):
    """Batches of sequences of similar length, each padded to its own longest, anew each epoch.

    Args:
        sequences: Sequences, each ``(timesteps,)`` or ``(timesteps, features)``.
        targets: A target for each, ``(examples,)`` or ``(examples, ...)``.
        batch_size: Examples in a batch; one batch of each epoch may be smaller.
        padding: Where zeros are added: ``"before"`` a sequence or ``"after"`` it.
        truncating: Where a sequence longer than ``length`` is cut: ``"before"`` or ``"after"``
            the steps that are read.
        length: Most timesteps of a batch; None for no limit.
        seed: Seed of the batches and of their order.
        pool: Batches sorted by length together, as in :func:`seqlearn.text.length_batches`;
            1 draws batches without looking at lengths.

    Raises:
        TypeError: If an argument is of the wrong kind.
        ValueError: If sequences and targets differ in number, a target is missing, or an argument
            is out of range, as for :func:`seqlearn.text.pad` and
            :func:`seqlearn.text.length_batches`.

    Example:
        >>> batches = BucketedBatches([[5], [6, 7, 8], [9, 10, 11], [12]], np.arange(4), 2,
        ...                         padding="before", truncating="before", seed=0)
        >>> sorted(batches[at][0].shape for at in range(len(batches)))
        [(2, 1), (2, 3)]
    """

    def __init__(
        self,
        sequences: Sequence[np.ndarray],
        targets: np.ndarray,
        batch_size: int,
        *,
        padding: str,
        truncating: str,
        length: int | None = None,
        seed: int,
        pool: int = 50,
    ):
        super().__init__()
        sequences = require_examples(sequences, "sequences", array=False)
        targets = require_examples(targets, "targets")
        targets = np.asarray(targets)
        if len(sequences) != len(targets):
            raise ValueError(
                "sequences and targets: expected one target for each sequence; got "
                f"{len(sequences)} and {len(targets)}"
            )
        require_whole_number(1 if length is None else length, "length")
        require_whole_number(seed, "seed", 0)
        self._sequences, self._targets = sequences, targets
        self._batch_size, self._pool = batch_size, pool
        self._options = {"length": None, "padding": padding, "truncating": truncating}
        pad([sequences[0]], **self._options)  # a wrong argument is said now, not while training
        self._length = length
        lengths = np.array([len(sequence) for sequence in sequences])
        self._lengths = lengths if length is None else np.minimum(lengths, length)
        self._rng = np.random.default_rng(seed)
        self._draw()

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = self._batches[index]
        longest = max(int(self._lengths[chosen].max()), 1)
        rows = [self._sequences[at] for at in chosen]
        return pad(rows, **{**self._options, "length": longest}), self._targets[chosen]

    def on_epoch_end(self) -> None:
        """Draw new batches; Keras calls this between epochs."""
        self._draw()

    def _draw(self) -> None:
        batches = length_batches(self._lengths, self._batch_size, self._rng, pool=self._pool)
        # Keras learns from the first two batches whether the number of timesteps varies.
        if len(batches) > 1:
            longest = [int(self._lengths[batch].max()) for batch in batches]
            low, high = int(np.argmin(longest)), int(np.argmax(longest))
            ends = [low, high] if low != high else [low]
            rest = [batch for at, batch in enumerate(batches) if at not in ends]
            batches = [batches[at] for at in ends] + rest
        self._batches = batches


def predict_sequences(
    model: keras.Model,
    sequences: Sequence[np.ndarray],
    *,
    padding: str,
    truncating: str,
    length: int | None = None,
    batch_size: int = 256,
) -> np.ndarray:
    """Predict sequences of any lengths, those of similar length together.

    The longest sequences come first, so that a lack of memory shows at once.

    Args:
        model: A model that takes ``(batch, timesteps)`` or ``(batch, timesteps, features)``,
            of any number of timesteps, and gives one answer for each sequence.
        sequences: Sequences, each ``(timesteps,)`` or ``(timesteps, features)``.
        padding: Where zeros are added: ``"before"`` a sequence or ``"after"`` it.
        truncating: Where a sequence longer than ``length`` is cut: ``"before"`` or ``"after"``
            the steps that are read.
        length: Most timesteps read; None for no limit.
        batch_size: Examples predicted at a time. It changes the speed, and, in a model that does
            not mask its padding, also the answers.

    Returns:
        The answers in the order of ``sequences``, ``(examples, ...)``.

    Raises:
        TypeError: If an argument is of the wrong kind.
        ValueError: If there is no sequence, they do not fit the model, it does not give one answer
            for each, or an argument is out of range.

    Example:
        >>> model = keras.Sequential([keras.Input((None,), dtype="int32"),
        ...                           keras.layers.Embedding(9, 2, mask_zero=True),
        ...                           keras.layers.GRU(3)])
        >>> sides = {"padding": "before", "truncating": "before"}
        >>> predict_sequences(model, [[5, 6], [], [7, 8, 4]], **sides).shape
        (3, 3)
    """
    sequences = require_examples(sequences, "sequences", array=False)
    batch_size = require_whole_number(batch_size, "batch_size")
    require_whole_number(1 if length is None else length, "length")
    lengths = np.array([len(sequence) for sequence in sequences])
    if length is not None:
        lengths = np.minimum(lengths, length)
    order = np.argsort(-lengths, kind="stable")
    answers = None
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        longest = max(int(lengths[chosen[0]]), 1)
        batch = pad(
            [sequences[at] for at in chosen], longest, padding=padding, truncating=truncating
        )
        require_fits(batch, model, "sequences")
        part = model.predict_on_batch(batch)
        if answers is None:
            answers = np.empty((len(sequences), *part.shape[1:]), dtype=part.dtype)
        if part.shape[1:] != answers.shape[1:]:
            raise ValueError(
                f"model: expected one answer for each sequence; got {part.shape[1:]} beside "
                f"{answers.shape[1:]}: does the last recurrent layer have return_sequences=True?"
            )
        answers[chosen] = part
    return answers


def accuracy(model: keras.Model, x: np.ndarray, y: np.ndarray, batch_size: int = 1000) -> float:
    """Share of examples whose most probable class is the right one.

    Args:
        model: A classifier that gives logits or probabilities, ``(batch, classes)``.
        x: Inputs, ``(batch, timesteps, features)`` for instance.
        y: Classes as whole numbers from 0, ``(batch,)``.
        batch_size: Examples predicted at a time; changes the speed alone.

    Returns:
        A number from 0 to 1.

    Raises:
        TypeError: If ``x`` holds no examples, ``y`` no numbers, or ``batch_size`` is none.
        ValueError: If ``y`` is not one class for each input, ``x`` does not fit the model, or the
            model does not score two classes or more, all those in ``y`` among them.

    Example:
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Identity()])
        >>> accuracy(model, np.eye(3), np.array([0, 1, 1]))
        0.6666666666666666
    """
    x = require_examples(x, "x")
    y = require_labels(y, len(x))
    require_fits(x, model)
    batch_size = require_whole_number(batch_size, "batch_size")
    scores = model.predict(x, batch_size=batch_size, verbose=0)
    require_scores(scores, y)
    return float(np.mean(np.argmax(scores, axis=-1) == y))


class AccuracyClock(keras.callbacks.Callback):
    """Accuracy against seconds of training; the clock stands still while accuracy is measured.

    Args:
        x: Inputs on which accuracy is measured, as for :func:`accuracy`.
        y: Their classes, ``(batch,)``.
        every: Measure after each so many updates, and after the last one.

    Attributes:
        seconds: Training seconds at each measurement, from the start of ``fit``: tracing and
            compiling the first step counts.
        accuracies: Accuracy at each measurement, from 0 to 1.
        training_seconds: Seconds of the whole training, measurements left out.

    Raises:
        TypeError: As :func:`accuracy` does, at once or at the first measurement.
        ValueError: Likewise, or if ``every`` is below 1.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
        >>> model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        >>> x, y = np.eye(2, dtype="float32").repeat(8, axis=0), np.arange(2).repeat(8)
        >>> clock = AccuracyClock(x, y, every=2)
        >>> history = model.fit(x, y, batch_size=4, verbose=0, callbacks=[clock])
        >>> len(clock.accuracies), clock.seconds == sorted(clock.seconds)
        (2, True)
    """

    def __init__(self, x: np.ndarray, y: np.ndarray, every: int):
        super().__init__()
        x = require_examples(x, "x")
        y = require_labels(y, len(x))
        every = require_whole_number(every, "every")
        self._x, self._y, self._every = x, y, every
        self.seconds: list[float] = []
        self.accuracies: list[float] = []
        self.training_seconds = 0.0

    def on_train_begin(self, logs=None) -> None:
        """Start the clock."""
        self._updates, self._paused = 0, 0.0
        self._begin = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None) -> None:
        """Measure when it is time to."""
        self._updates += 1
        if self._updates % self._every == 0:
            self._measure()

    def on_train_end(self, logs=None) -> None:
        """Measure once more, unless the last update has just been measured."""
        self.training_seconds = self._elapsed()
        if self._updates % self._every:
            self._measure()

    def time_to(self, target: float) -> float | None:
        """Seconds until accuracy first reached ``target``; None if it never did."""
        return next(
            (s for s, a in zip(self.seconds, self.accuracies, strict=True) if a >= target), None
        )

    def _elapsed(self) -> float:
        return time.perf_counter() - self._begin - self._paused

    def _measure(self) -> None:
        self.seconds.append(self._elapsed())
        started = time.perf_counter()
        self.accuracies.append(accuracy(self.model, self._x, self._y))
        self._paused += time.perf_counter() - started
