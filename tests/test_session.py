"""The first line of a notebook: quiet and seeded, and loud when something is wrong."""

import os
import random
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import seqlearn


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


@pytest.mark.slow
def test_a_training_after_start_prints_nothing_at_all():
    outcome = run("""
        import seqlearn
        seqlearn.start()
        import keras, numpy as np
        for _ in range(7):  # more than TensorFlow suffers without a word about retracing
            model = keras.Sequential([keras.Input((3, 2)), keras.layers.LSTM(2)])
            model.compile("adam", "mse")
            model.fit(np.zeros((2, 3, 2)), np.zeros((2, 2)), verbose=0)
            model.predict(np.zeros((2, 3, 2)), verbose=0)
    """)
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (0, "", "")


@pytest.mark.slow
def test_a_backend_that_fails_to_load_is_heard():
    outcome = run(
        """
        import os, seqlearn, sys
        class Broken:
            def find_spec(self, name, *rest):
                if name == "keras":
                    os.write(2, b"a note from the depths\\n")
                    raise ImportError("no backend today")
        sys.meta_path.insert(0, Broken())
        seqlearn.start()
        """
    )
    assert outcome.returncode == 1
    assert "a note from the depths" in outcome.stderr
    assert "no backend today" in outcome.stderr


@pytest.mark.slow
def test_stderr_works_again_afterwards():
    outcome = run("import os, seqlearn; seqlearn.start(); os.write(2, b'heard')")
    assert outcome.stderr == "heard"


def test_every_generator_is_seeded():
    import keras

    def draw():
        seqlearn.start(seed=5)
        return random.random(), np.random.rand(), float(keras.random.normal(()))  # noqa: NPY002

    assert draw() == draw()


@pytest.mark.parametrize(
    ("seed", "error", "message"),
    [
        (-1, ValueError, "seed: expected a whole number .* of at most 4,294,967,295; got -1"),
        (2**32, ValueError, "got 4294967296"),
        (1.5, TypeError, "seed: expected a whole number .* got 1.5"),
        (True, TypeError, "got True"),
    ],
)
def test_bad_seeds_are_met_in_words(seed, error, message):
    with pytest.raises(error, match=message):
        seqlearn.start(seed)


def test_the_seed_of_the_environment_takes_precedence_and_is_told(monkeypatch):
    monkeypatch.setenv("SEQLEARN_SEED", "41")
    assert seqlearn.start(seed=5) == 41
    told = random.random()
    monkeypatch.delenv("SEQLEARN_SEED")
    assert seqlearn.start(seed=41) == 41
    assert random.random() == told


@pytest.mark.parametrize("given", ["0", "-3", "seven", "4294967296"])
def test_a_seed_of_the_environment_that_is_none_is_refused(monkeypatch, given):
    monkeypatch.setenv("SEQLEARN_SEED", given)
    with pytest.raises(ValueError, match="SEQLEARN_SEED: expected a whole number from 1 to"):
        seqlearn.start()
