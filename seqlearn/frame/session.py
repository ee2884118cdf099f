"""The opening line of a notebook: quiet, seeded, the same on every machine."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator

DEFAULT_SEED = 7


def start(seed: int = DEFAULT_SEED) -> int:
    """Open a notebook: load Keras quietly, seed every generator, set the style of figures.

    TensorFlow's C++ libraries write start-up notes (which CPU instructions it
    uses, that no GPU driver was found) straight to the process's stderr, where
    no Python filter can reach them. They are held back while the backend loads
    and runs its first operation, and are shown after all if loading fails.

    A chapter that trains from several seeds counts on from the one that this returns, so the
    environment variable ``SEQLEARN_SEED`` runs a whole chapter on seeds it has never seen.

    Args:
        seed: Seed of Python's, NumPy's and the backend's generators, a whole
            number from 0 to 2**32 - 1. ``SEQLEARN_SEED`` takes precedence.

    Returns:
        The seed that was used.

    Raises:
        TypeError: If ``seed`` is not a whole number.
        ValueError: If ``seed``, or ``SEQLEARN_SEED``, is out of range.

    Example:
        >>> import seqlearn
        >>> seed = seqlearn.start(seed=7)
        >>> seeds = range(seed, seed + 5)  # for a comparison of five runs
    """
    from seqlearn.checks import require_whole_number  # not at the top, because it loads NumPy

    seed = require_whole_number(seed, "seed", at_least=0, at_most=2**32 - 1)
    seed = _seed_from_environment() or seed
    # Optuna's progress bars, which no chapter shows, complain of a missing package of widgets.
    warnings.filterwarnings("ignore", message="IProgress not found")
    # Read once by TensorFlow's logger, so set before the first import.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _native_stderr_held_back():
        import keras

        if keras.backend.backend() == "tensorflow":
            import tensorflow

            # A chapter that compares models compiles many small functions; TensorFlow
            # would call that a mistake (retracing) on the page.
            tensorflow.get_logger().setLevel("ERROR")
        # A first operation, because some notes are only written by it.
        keras.ops.convert_to_numpy(keras.ops.matmul([[1.0]], [[1.0]]))
    keras.utils.set_random_seed(seed)

    # Importing the initializers makes them known to Keras, for models that are loaded later.
    from seqlearn import initializers, plotting  # noqa: F401

    plotting.apply_style()
    return seed


def _seed_from_environment() -> int | None:
    given = os.environ.get("SEQLEARN_SEED", "").strip()
    if not given:
        return None
    if not given.isdecimal() or not 0 < int(given) < 2**32:
        raise ValueError(
            f"SEQLEARN_SEED: expected a whole number from 1 to 4294967295; got {given!r}"
        )
    return int(given)


@contextlib.contextmanager
def _native_stderr_held_back() -> Iterator[None]:
    """Send file descriptor 2 to a temporary file; replay the file on failure."""
    try:
        sys.stderr.flush()
        saved = os.dup(2)
    except (AttributeError, OSError, ValueError):  # no usable stderr: nothing to quieten
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(saved, held.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)
