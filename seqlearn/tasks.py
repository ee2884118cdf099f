"""Made-up tasks whose right answer and whose score of guessing are known exactly.

On real data nobody knows the best possible score, or which part of a sequence the answer depends
on. Here both are known by construction, so a net's score says what it remembers. Make the test
examples with another seed than the training examples.

==========================  ======================================================
function                    what the answer needs
==========================  ======================================================
:func:`make_recall`         one symbol, held over a lag
:func:`make_adding`         two numbers, picked out and added
:func:`make_temporal_order` two symbols and which of them came first
:func:`make_counting`       a count: aⁿbⁿ
:func:`make_agreement`      one word of a sentence, held over other words
:func:`make_tagging`        the future, the past, or both
:func:`make_next_step`      only the present; a look at the future leaks the answer
==========================  ======================================================
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from seqlearn.checks import require_array, require_choice, require_share, require_whole_number

_ACCURACY = "accuracy"
_SEQUENCE_ACCURACY = "sequence accuracy"
_SQUARED_ERROR = "mean squared error"

_PADDING = "·"  # how a step of padding is written out


@dataclass(frozen=True, repr=False, eq=False)
class Task:
    """Examples of a task, with what guessing scores and how to solve it.

    The arrays are read-only, so that no cell can spoil them for the next one.

    Attributes:
        name: What the task is, with its settings.
        x: Inputs, float32 ``(examples, timesteps, features)``; for words, int64 indices
            ``(examples, timesteps)``, to be read through an ``Embedding``.
        y: Right answers. Classes as int64, ``(examples,)`` for one answer at the end or
            ``(examples, timesteps)`` for one at each step; numbers as float32,
            ``(examples, 1)`` or ``(examples, timesteps, 1)``.
        measure: What :meth:`score` gives: ``"accuracy"`` (share of counted answers that are
            right), ``"sequence accuracy"`` (share of sequences whose counted answers are all
            right) or ``"mean squared error"``.
        chance_score: Score expected of the best guesser: one that knows how the task is made, but
            not the part of the input that the answer depends on. Derived, not measured.
        chance_loss: Loss expected of the best guesser: cross-entropy in nats a counted answer, or
            the mean squared error.
        best_score: Score of the best honest reader: 1, or the smallest error possible.
        solve: The reference solution, from ``x`` to answers shaped like ``y``, of which only those
            that count mean anything.
        symbols: Names of the features of ``x``, or of its indices; empty if they are numbers.
        classes: Names of the classes of ``y``; empty if the answers are numbers.
        counts: Boolean ``(examples, timesteps)``: which answers count. None if all do.
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    measure: str
    chance_score: float
    chance_loss: float
    best_score: float
    solve: Callable[[np.ndarray], np.ndarray]
    symbols: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    counts: np.ndarray | None = None

    def __post_init__(self):
        for array in (self.x, self.y, self.counts):
            if array is not None:
                array.flags.writeable = False

    def __repr__(self) -> str:
        """Show sizes and the score of guessing in one line."""
        features = f" × {self.x.shape[2]} features" if self.x.ndim == 3 else ""
        return (
            f"{self.name}: {len(self.x):,} examples, each {self.timesteps} timesteps{features}; "
            f"{self.measure} of guessing {self.chance_score:.4g}, at best {self.best_score:.4g}"
        )

    @property
    def timesteps(self) -> int:
        """Length of the sequences, in steps, padding included."""
        return self.x.shape[1]

    @property
    def outputs(self) -> int:
        """How many numbers a model gives for each answer: logits of classes, or one number."""
        return len(self.classes) or self.y.shape[-1]

    @property
    def weights(self) -> np.ndarray | None:
        """What Keras takes as ``sample_weight``: 0 where an answer does not count.

        float32 ``(examples, timesteps)``, or None if all answers count. The mean is 1, so that
        the loss that Keras reports is per counted answer and can be set beside ``chance_loss``.
        """
        if self.counts is None:
            return None
        return self.counts.astype("float32") / np.float32(self.counts.mean())

    def score(self, answers: np.ndarray) -> float:
        """Compare answers with the right ones; the unit is that of ``measure``.

        Args:
            answers: Shaped like ``y``; where ``y`` holds classes, also logits or probabilities
                with one more axis ``(..., classes)``, of which the largest is taken.

        Returns:
            Accuracy or sequence accuracy, from 0 to 1, or the mean squared error.

        Raises:
            ValueError: If the shape fits neither, or a class is NaN or no whole number.

        Example:
            >>> task = make_recall(examples=100, lag=5, seed=1)
            >>> task.score(task.solve(task.x))
            1.0
        """
        expected = str(self.y.shape)
        scores = (*self.y.shape, len(self.classes)) if self.classes else None
        if scores:
            expected += f" or {scores}"
        answers = require_array(answers, "answers", expected)
        if answers.dtype.kind not in "biuf" or (self.classes and np.isnan(answers).any()):
            raise ValueError(
                f"answers: expected numbers, {expected}; got {answers.dtype}, or NaN among them: "
                "has the training diverged?"
            )
        if answers.shape == scores:
            answers = np.argmax(answers, axis=-1)
        if answers.shape != self.y.shape:
            raise ValueError(
                f"answers: expected shape {expected}; got {answers.shape}: "
                "does the last recurrent layer give what the task asks for, one answer at the end "
                "or one at each step (return_sequences)?"
            )
        if self.classes and np.any(answers % 1):
            raise ValueError(
                f"answers: expected classes as whole numbers; got {answers[answers % 1 > 0][0]:g}: "
                f"hand in a score for each class, {scores}"
            )
        if self.measure == _SQUARED_ERROR:
            return float(np.mean((answers.astype(float) - self.y) ** 2))
        right = answers == self.y
        if self.measure == _SEQUENCE_ACCURACY:
            return float(np.mean(np.all(right | ~self.counts, axis=1)))
        return float(np.mean(right if self.counts is None else right[self.counts]))

    def skill(self, answers: np.ndarray) -> float:
        """Place answers between guessing and the best possible: one scale for all tasks.

        Args:
            answers: As for :meth:`score`.

        Returns:
            0 for the score of guessing, 1 for the best honest score; below 0 when worse than
            guessing, above 1 by luck or by seeing what should be hidden.

        Example:
            >>> task = make_adding(examples=4, timesteps=10, seed=1)
            >>> task.skill(task.solve(task.x))
            1.0
        """
        return (self.score(answers) - self.chance_score) / (self.best_score - self.chance_score)

    def text(self, example: int) -> str:
        """Write out the symbols of one input.

        Args:
            example: Which one, from 0.

        Returns:
            The names of its symbols, with spaces between.

        Raises:
            TypeError, ValueError: If there is no such example, or the inputs are numbers.

        Example:
            >>> make_counting(examples=3, longest=4, seed=1).text(0)
            'a a b b · · · ·'
        """
        if not self.symbols:
            raise ValueError(f"{self.name}: the inputs are numbers, not symbols; print x instead")
        example = require_whole_number(example, "example", 0, len(self.x) - 1)
        row = self.x[example]
        if row.ndim == 1:
            names = [self.symbols[index] for index in row]
        else:
            # A step of padding has no feature set.
            names = [self.symbols[step.argmax()] if step.any() else _PADDING for step in row]
        return " ".join(names).replace(" ,", ",")


# --- memory: something early decides the answer at the end ----------------------------------


def make_recall(
    examples: int, lag: int, symbols: int = 4, distractors: int = 4, *, seed: int
) -> Task:
    """Say at the end which symbol came first.

    The first symbol is one of A, B, C, …; after it come ``lag`` distractors, which say nothing.
    The state has to carry ln(symbols) nats over ``lag`` steps, and no more.

    Args:
        examples: Number of sequences.
        lag: Steps between the first symbol and the answer, at least 1.
        symbols: How many different first symbols there are, from 2 to 26, all equally likely.
        distractors: How many different symbols (a, b, c, …) fill the lag, up to 26. With 0 it is
            filled with A, B, C, … again, and only the place tells the first symbol from the rest.
        seed: Seed of the first symbols and of the distractors, all drawn independently.

    Returns:
        ``x`` one-hot ``(examples, lag + 1, symbols + distractors)``; ``y`` the index of the first
        symbol, ``(examples,)``. Guessing: accuracy 1/symbols, loss ln(symbols).

    Raises:
        TypeError, ValueError: If a setting is no whole number, or out of range.

    Source:
        Hochreiter and Schmidhuber 1997, section 5.2 (long time lags without local regularities),
        here with a lag of fixed length and several symbols to tell apart.

    Example:
        >>> task = make_recall(examples=2, lag=6, seed=7)
        >>> print(task.text(0), "->", task.classes[task.y[0]])
        D c d c d d a -> D
    """
    examples = require_whole_number(examples, "examples")
    lag = require_whole_number(lag, "lag")
    seed = require_whole_number(seed, "seed", 0)
    symbols = require_whole_number(symbols, "symbols", 2, 26)
    distractors = require_whole_number(distractors, "distractors", 0, 26)
    rng = np.random.default_rng(seed)
    first = rng.integers(symbols, size=examples)
    fill = rng.integers(distractors or symbols, size=(examples, lag))
    fill += symbols if distractors else 0
    names = (*_letters("A", symbols), *_letters("a", distractors))
    return Task(
        name=f"recall over {lag} steps",
        x=_one_hot(np.column_stack([first, fill]), len(names)),
        y=first,
        measure=_ACCURACY,
        chance_score=1 / symbols,
        chance_loss=math.log(symbols),
        best_score=1.0,
        solve=_solve_recall,
        symbols=names,
        classes=names[:symbols],
    )


def _solve_recall(x):
    return x[:, 0].argmax(axis=-1)


def make_adding(examples: int, timesteps: int, *, seed: int) -> Task:
    """Add the two numbers that are marked among many.

    Each step carries a number and a mark. One mark stands in the first half of the sequence and
    one in the second; the answer is the sum of the two marked numbers.

    Args:
        examples: Number of sequences.
        timesteps: Length of a sequence, at least 2.
        seed: Seed of the numbers, uniform from 0 to 1, and of the marks, each uniform in its half.

    Returns:
        ``x`` of ``(examples, timesteps, 2)``: number, and mark (1 or 0). ``y`` of
        ``(examples, 1)``: the sum, from 0 to 2. Guessing, that is to answer 1 always, scores
        the variance of a sum of two uniform numbers: a mean squared error of 2 · 1/12 = 1/6. A
        net that finds only one of the two numbers reaches 1/12.

    Raises:
        TypeError, ValueError: If a setting is no whole number, or out of range.

    Source:
        Hochreiter and Schmidhuber 1997, section 5.4, in the later form of Le, Jaitly and Hinton
        2015, section 4.1: numbers from 0 to 1, the plain sum as the target, a fixed length.

    Example:
        >>> task = make_adding(examples=3, timesteps=8, seed=1)
        >>> x = task.x[0]
        >>> float((x[:, 0] * x[:, 1]).sum()) == float(task.y[0, 0])
        True
    """
    examples = require_whole_number(examples, "examples")
    timesteps = require_whole_number(timesteps, "timesteps", 2)
    seed = require_whole_number(seed, "seed", 0)
    rng = np.random.default_rng(seed)
    half = timesteps // 2
    x = np.zeros((examples, timesteps, 2), dtype="float32")
    x[:, :, 0] = rng.random((examples, timesteps), dtype="float32")
    row = np.arange(examples)
    early = rng.integers(half, size=examples)
    late = rng.integers(half, timesteps, size=examples)
    x[row, early, 1] = x[row, late, 1] = 1
    return Task(
        name=f"adding over {timesteps} steps",
        x=x,
        y=(x[row, early, 0] + x[row, late, 0])[:, np.newaxis],
        measure=_SQUARED_ERROR,
        chance_score=1 / 6,
        chance_loss=1 / 6,
        best_score=0.0,
        solve=_solve_adding,
    )


def _solve_adding(x):
    return (x[:, :, 0] * x[:, :, 1]).sum(axis=1, keepdims=True)


def make_temporal_order(examples: int, timesteps: int, *, seed: int) -> Task:
    """Say in which order two signs came, far apart among distractors.

    A sequence begins with E and ends with B. Between them stand the letters a, b, c, d and two
    signs, each X or Y: one after a tenth to a fifth of the sequence, one after five to six
    tenths. The answer is XX, XY, YX or YY.

    Args:
        examples: Number of sequences.
        timesteps: Length of a sequence, at least 10.
        seed: Seed of letters, signs and their places, all drawn independently and evenly.

    Returns:
        ``x`` one-hot ``(examples, timesteps, 8)``, ``y`` the class ``(examples,)``. Guessing:
        accuracy 1/4, loss ln 4. A net that remembers one sign alone reaches 1/2.

    Raises:
        TypeError, ValueError: If a setting is no whole number, or out of range.

    Source:
        Hochreiter and Schmidhuber 1997, section 5.6, task 6a, here with a fixed length.

    Example:
        >>> task = make_temporal_order(examples=1, timesteps=12, seed=1)
        >>> print(task.text(0), "->", task.classes[task.y[0]])
        E X d d a a Y d a b d B -> XY
    """
    examples = require_whole_number(examples, "examples")
    timesteps = require_whole_number(timesteps, "timesteps", 10)
    seed = require_whole_number(seed, "seed", 0)
    rng = np.random.default_rng(seed)
    names = ("a", "b", "c", "d", "X", "Y", "E", "B")
    steps = rng.integers(4, size=(examples, timesteps))
    steps[:, 0], steps[:, -1] = names.index("E"), names.index("B")
    row = np.arange(examples)
    signs = rng.integers(2, size=(examples, 2))
    first = rng.integers(timesteps // 10, timesteps // 5, size=examples)
    second = rng.integers(timesteps // 2, 3 * timesteps // 5, size=examples)
    steps[row, first] = names.index("X") + signs[:, 0]
    steps[row, second] = names.index("X") + signs[:, 1]
    return Task(
        name=f"temporal order over {timesteps} steps",
        x=_one_hot(steps, len(names)),
        y=2 * signs[:, 0] + signs[:, 1],
        measure=_ACCURACY,
        chance_score=1 / 4,
        chance_loss=math.log(4),
        best_score=1.0,
        solve=_solve_temporal_order,
        symbols=names,
        classes=("XX", "XY", "YX", "YY"),
    )


def _solve_temporal_order(x):
    is_y = x[:, :, 5] == 1
    is_sign = is_y | (x[:, :, 4] == 1)
    row, first = np.arange(len(x)), is_sign.argmax(axis=1)
    last = x.shape[1] - 1 - is_sign[:, ::-1].argmax(axis=1)
    return 2 * is_y[row, first] + is_y[row, last]


# --- counting -------------------------------------------------------------------------------


def make_counting(examples: int, longest: int, shortest: int = 1, *, seed: int) -> Task:
    """Predict where a string of the language aⁿbⁿ ends.

    The net reads n times a, then n times b, and says after each symbol what comes next: a, b or
    the end. How many a there will be, nobody can know; from the first b on, all is determined,
    so the answers after each b count. A string is right when all of them are.

    Train on short strings and test on longer ones to tell counting from learning by heart.

    Args:
        examples: Number of strings.
        longest: Largest n.
        shortest: Smallest n, at least 1.
        seed: Seed of n, evenly from ``shortest, ..., longest``.

    Returns:
        ``x`` one-hot for a and b, ``(examples, 2·longest, 2)``; strings that are shorter are
        padded after their end with zeros, which ``keras.layers.Masking()`` masks. ``y`` of
        ``(examples, 2·longest)``: 0 for a, 1 for b, 2 for the end. With N = longest − shortest
        + 1 values of n, a guesser who does not count the a can bet on one n: sequence accuracy
        1/N. All answers of a string together tell which n it was, so the loss of guessing is
        ln N a string: ln N / mean of n a counted answer. A layer that reads backwards has seen
        how many b are still to come, so this task is for one direction.

    Raises:
        TypeError, ValueError: If a setting is no whole number, or out of range.

    Source:
        Gers and Schmidhuber 2001, who predict all symbols that may come next;
        here only those are judged of which just one may come.

    Example:
        >>> task = make_counting(examples=3, longest=4, seed=1)
        >>> print(task.text(0)); print(*(task.classes[k] for k in task.y[0][task.counts[0]]))
        a a b b · · · ·
        b end
    """
    examples = require_whole_number(examples, "examples")
    shortest = require_whole_number(shortest, "shortest")
    seed = require_whole_number(seed, "seed", 0)
    longest = require_whole_number(longest, "longest", shortest + 1)
    rng = np.random.default_rng(seed)
    n = rng.integers(shortest, longest + 1, size=(examples, 1))
    step = np.arange(2 * longest)
    x = np.stack([step < n, (n <= step) & (step < 2 * n)], axis=-1).astype("float32")
    values = longest - shortest + 1
    return Task(
        name=f"counting from {shortest} to {longest}",
        x=x,
        y=(step >= n - 1).astype("int64") + (step >= 2 * n - 1),
        measure=_SEQUENCE_ACCURACY,
        chance_score=1 / values,
        chance_loss=math.log(values) / ((shortest + longest) / 2),
        best_score=1.0,
        solve=_solve_counting,
        symbols=("a", "b"),
        classes=("a", "b", "end"),
        counts=x[:, :, 1] == 1,
    )


def _solve_counting(x):
    # What an LSTM can do with one unit of its cell state: up by 1 for an a, down by 1 for a b.
    level = np.cumsum(x[:, :, 0] - x[:, :, 1], axis=1)
    return np.where(level > 0, 1, 2)


# --- words ----------------------------------------------------------------------------------

# All of them take "an", so that the article in front of the blank gives nothing away.
_NATIONALITIES = (
    *("American", "Argentinian", "Australian", "Austrian"),
    *("Egyptian", "Ethiopian", "Indian", "Italian"),
)
_ANYONE = "*"
_OPENING = "I am an *"
_CLOSING = ", and I am proud to be an"
# Of 4, 5, 6 and 7 words, so that any number of words from 4 on can be filled.
_FILLING = (
    *(", she likes music", ", he sells bread", ", we drink tea"),
    *(", my brother plays chess", ", it rained all week", ", our house is old"),
    *(", my neighbour is an *", ", her teacher is an *", ", his boss is an *"),
    *(", the doctor next door is *", ", we had lunch with an *", ", we met an * at school"),
)
_SHORTEST_FILLING = min(len(phrase.split()) for phrase in _FILLING)


def make_agreement(examples: int, gap: int, *, seed: int) -> Task:
    """Fill in a word that was fixed many words earlier.

    "I am an Indian, my neighbour is an Italian, it rained all week, and I am proud to be an …":
    the answer is the nationality of the opening. The clauses between name other nationalities,
    drawn independently, so the last one mentioned is as good as a guess. Every nationality takes
    "an", so the article gives nothing away.

    Args:
        examples: Number of sentences.
        gap: Words between the nationality and the blank, a comma counting as a word: 8, which
            leaves only ", and I am proud to be an", or from 12 on, with clauses between.
        seed: Seed of the nationalities, all equally likely, and of the clauses.

    Returns:
        ``x`` int64 indices into ``symbols``, ``(examples, gap + 4)``; ``y`` the index of the word
        that fills the blank, ``(examples,)``. ``classes`` are the same words as ``symbols``: a
        net has to learn, too, that a nationality is asked for. Index 0 is kept for padding and
        never used. Guessing among the nationalities: accuracy 1/8, loss ln 8.

    Raises:
        TypeError, ValueError: If a setting is no whole number, or out of range.

    Source:
        Elman 1991 and Linzen, Dupoux and Goldberg 2016, who ask for the number of a verb across
        a clause with nouns that mislead; here a word is asked for, in sentences of our own.

    Example:
        >>> task = make_agreement(examples=1, gap=19, seed=3)
        >>> print(task.text(0)); print(task.classes[task.y[0]])
        I am an American, we drink tea, the doctor next door is Italian, and I am proud to be an
        American
    """
    closing = len(_CLOSING.split())
    examples = require_whole_number(examples, "examples")
    gap = require_whole_number(gap, "gap", closing)
    seed = require_whole_number(seed, "seed", 0)
    room = gap - closing
    if 0 < room < _SHORTEST_FILLING:
        raise ValueError(
            f"gap: expected {closing}, or at least {closing + _SHORTEST_FILLING} words, "
            f"so that whole clauses fit between; got {gap}"
        )
    rng = np.random.default_rng(seed)
    words, index = _vocabulary()
    opening, ending = (np.array(_indices(part, index)) for part in (_OPENING, _CLOSING))
    middle = _fill(room, examples, index, rng)
    x = np.concatenate(
        [np.tile(opening, (examples, 1)), middle, np.tile(ending, (examples, 1))], axis=1
    )
    anyone = x == index[_ANYONE]
    x[anyone] = rng.integers(len(_NATIONALITIES), size=anyone.sum()) + index[_NATIONALITIES[0]]
    return Task(
        name=f"agreement across {gap} words",
        x=x,
        y=x[:, len(opening) - 1].copy(),
        measure=_ACCURACY,
        chance_score=1 / len(_NATIONALITIES),
        chance_loss=math.log(len(_NATIONALITIES)),
        best_score=1.0,
        solve=_solve_agreement,
        symbols=words,
        classes=words,
    )


def _vocabulary():
    plain = {word for text in (_OPENING, _CLOSING, *_FILLING) for word in text.split()}
    words = (_PADDING, *_NATIONALITIES, *sorted(plain - {_ANYONE}))
    index = {word: place for place, word in enumerate(words)}
    return words, {**index, _ANYONE: -1}


def _indices(text, index):
    return [index[word] for word in text.split()]


def _fill(room, examples, index, rng):
    """Fill ``room`` places with whole clauses, in all sentences at once."""
    clauses = [_indices(text, index) for text in _FILLING]
    lengths = np.array([len(clause) for clause in clauses])
    table = np.zeros((len(clauses), lengths.max()), dtype="int64")
    for row, clause in enumerate(clauses):
        table[row, : len(clause)] = clause
    filled = np.zeros((examples, room), dtype="int64")
    left = np.full(examples, room)
    while left.any():
        (open_rows,) = np.nonzero(left)
        # A clause fits when it fills the room, or leaves enough for another one.
        after = left[open_rows, np.newaxis] - lengths
        fits = (after == 0) | (after >= _SHORTEST_FILLING)
        chosen = np.argmax(rng.random(fits.shape) * fits, axis=1)
        start = room - left[open_rows]
        for offset in range(lengths.max()):
            inside = offset < lengths[chosen]
            filled[open_rows[inside], start[inside] + offset] = table[chosen[inside], offset]
        left[open_rows] -= lengths[chosen]
    return filled


def _solve_agreement(x):
    # The first nationality of the sentence: they are the words right after the padding.
    is_nationality = (x >= 1) & (x <= len(_NATIONALITIES))
    return x[np.arange(len(x)), is_nationality.argmax(axis=1)]


# --- the future -----------------------------------------------------------------------------

_MARKS = (".", "?")


def make_tagging(
    examples: int,
    timesteps: int,
    needs: str = "future",
    words: int = 4,
    *,
    seed: int,
) -> Task:
    """Tag each word by the punctuation mark that follows it, that precedes it, or by both.

    Is this word part of a question? In many languages only the mark at the end of the sentence
    tells, and sentences have no fixed length, so no fixed delay or window is enough: an inner step
    is a mark with probability 1/8, but for the one in the middle, which is always a word.

    Args:
        examples: Number of sequences.
        timesteps: Length of a sequence, at least 3. It begins and ends with a mark.
        needs: What the tag of a word depends on. ``"future"``: the next mark. ``"past"``: the
            mark before, which a reader of one direction knows as well. ``"both"``: whether these
            two are the same.
        words: How many different words there are, from 1 to 26; they say nothing.
        seed: Seed of marks, their places and words, all drawn independently.

    Returns:
        ``x`` one-hot ``(examples, timesteps, 2 + words)``, of the marks "." and "?", equally
        likely, and the words; ``y`` of ``(examples, timesteps)``: index of the mark, or for
        ``"both"`` 0 for different and 1 for the same. The steps of words count; the marks
        themselves do not. A reader who misses what is needed can but guess: accuracy 1/2 and loss
        ln 2.

    Raises:
        TypeError, ValueError: If a setting is no whole number, or out of range.

    Source:
        The question, and what a delay or a window can do instead, is that of Schuster and
        Paliwal 1997 and of Graves and Schmidhuber 2005; the task is our own.

    Example:
        >>> task = make_tagging(examples=1, timesteps=12, seed=5)
        >>> print(task.text(0)); print(*(task.classes[k] for k in task.y[0]))
        . c c a . c d ? . d a .
        . . . . . ? ? ? . . . .
    """
    examples = require_whole_number(examples, "examples")
    timesteps = require_whole_number(timesteps, "timesteps", 3)
    seed = require_whole_number(seed, "seed", 0)
    words = require_whole_number(words, "words", 1, 26)
    require_choice(needs, "needs", ("future", "past", "both"))
    rng = np.random.default_rng(seed)
    shape = (examples, timesteps)
    is_mark = rng.random(shape) < 1 / 8
    is_mark[:, [0, -1]] = True
    is_mark[:, timesteps // 2] = False  # each sequence has something to tag
    which, word = rng.integers(len(_MARKS), size=shape), rng.integers(words, size=shape)
    before, after = which.copy(), which.copy()
    for t in range(1, timesteps):
        before[:, t] = np.where(is_mark[:, t], which[:, t], before[:, t - 1])
    for t in reversed(range(timesteps - 1)):
        after[:, t] = np.where(is_mark[:, t], which[:, t], after[:, t + 1])
    both = needs == "both"
    return Task(
        name="tagging that needs " + ("both sides" if both else f"the {needs}"),
        x=_one_hot(np.where(is_mark, which, len(_MARKS) + word), len(_MARKS) + words),
        y={"future": after, "past": before, "both": (before == after).astype("int64")}[needs],
        measure=_ACCURACY,
        chance_score=1 / 2,
        chance_loss=math.log(2),
        best_score=1.0,
        solve=partial(_solve_tagging, needs=needs),
        symbols=(*_MARKS, *_letters("a", words)),
        classes=("different", "same") if both else _MARKS,
        counts=~is_mark,
    )


def _solve_tagging(x, needs):
    is_mark = x[:, :, : len(_MARKS)].any(axis=-1)
    here, last = np.arange(x.shape[1]), x.shape[1] - 1
    # Place of the nearest mark: the largest one so far, and the smallest one from here on.
    before = np.maximum.accumulate(np.where(is_mark, here, 0), axis=1)
    after = np.minimum.accumulate(np.where(is_mark, here, last)[:, ::-1], axis=1)[:, ::-1]
    symbol = x.argmax(axis=-1)
    past, future = (np.take_along_axis(symbol, place, axis=1) for place in (before, after))
    return {"future": future, "past": past, "both": (past == future).astype("int64")}[needs]


def make_next_step(examples: int, timesteps: int, persistence: float = 0.8, *, seed: int) -> Task:
    """Predict the next value of a noisy series, at every step.

    The series is autoregressive: each value is ``persistence`` times the last one plus fresh
    noise. The noise can't be known beforehand, so no honest model beats an error of
    1 − persistence². The targets are the inputs, one step later: whoever reads backwards has
    seen the answer, and looks brilliant.

    Args:
        examples: Number of series.
        timesteps: Steps that are read, at least 2.
        persistence: Share of a value that is left in the next one, between 0 and 1.
        seed: Seed of the first values and of the noise, both normal.

    Returns:
        ``x`` of ``(examples, timesteps, 1)``, with mean 0 and variance 1 at every step; ``y`` of
        the same shape: the value one step later, so ``y[:, t]`` equals ``x[:, t + 1]``. In mean
        squared error: to answer 0 always scores the variance, 1; to repeat the last value
        2 · (1 − persistence); the best forecast, ``persistence`` times the last value,
        1 − persistence². A leak is proved by an error clearly below that: perfect copying of
        the future leaves (1 − persistence²) / timesteps, because the target of the last step
        stands nowhere in the input.

    Raises:
        TypeError, ValueError: If a setting is no whole number, or out of range.

    Source:
        Autoregression: Yule 1927. Leaks, their forms and what gives them away: Kaufman, Rosset,
        Perlich and Stitelman 2012.

    Example:
        >>> task = make_next_step(examples=500, timesteps=20, seed=1)
        >>> bool((task.y[:, :-1] == task.x[:, 1:]).all()), round(task.best_score, 2)
        (True, 0.36)
    """
    examples = require_whole_number(examples, "examples")
    timesteps = require_whole_number(timesteps, "timesteps", 2)
    seed = require_whole_number(seed, "seed", 0)
    persistence = require_share(persistence, "persistence", zero=False)
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(examples, timesteps + 1))
    series = np.empty_like(noise)
    series[:, 0] = noise[:, 0]
    spread = math.sqrt(1 - persistence**2)  # keeps the variance at 1
    for t in range(1, timesteps + 1):
        series[:, t] = persistence * series[:, t - 1] + spread * noise[:, t]
    series = series.astype("float32")[:, :, np.newaxis]
    return Task(
        name=f"next step with persistence {persistence:g}",
        x=series[:, :-1].copy(),
        y=series[:, 1:].copy(),
        measure=_SQUARED_ERROR,
        chance_score=1.0,
        chance_loss=1.0,
        best_score=1 - persistence**2,
        solve=partial(_solve_next_step, persistence=persistence),
    )


def _solve_next_step(x, persistence):
    return np.float32(persistence) * x


# --- shared by several tasks ----------------------------------------------------------------


def _one_hot(steps, features):
    return np.eye(features, dtype="float32")[steps]


def _letters(first, count):
    return tuple(chr(ord(first) + k) for k in range(count))
