"""Say in one line whether this Python will do; the exit status is 0 if it will.

Written for any Python, however old, because it has to run on one that is too old. That is
why it holds no f-string and why the rest of the work is in targets.py.
"""

import os
import sys

OLDEST, NEWEST = (3, 11), (3, 13)  # NEWEST: the last one that TensorFlow has wheels for


def wanted():
    """Name the Pythons that will do, as a phrase."""
    names = ["3.%d" % minor for minor in range(OLDEST[1], NEWEST[1] + 1)]
    return ", ".join(names[:-1]) + " or " + names[-1]


def typed(words):
    """Spell a command as the reader gave it: through make, or without it.

    Args:
        words: The target and its settings, such as ``"book VENV=.venv-book"``.

    Returns:
        The command.
    """
    return ("make " if "MAKELEVEL" in os.environ else "python run.py ") + words


def complaint(version, program):
    """Say what is wrong with a Python.

    Args:
        version: A pair such as ``(3, 9)``.
        program: Where it is, to be shown.

    Returns:
        One line, empty if nothing is wrong.
    """
    if OLDEST <= tuple(version) <= NEWEST:
        return ""
    another = "py -3.12 run.py book" if os.name == "nt" else typed("book PYTHON=python3.12")
    return (
        "Python %s is needed, and %s is %d.%d, too %s: install one of these, or name one that "
        "you have, as in %s."
    ) % (wanted(), program, version[0], version[1], "old" if version < OLDEST else "new", another)


if __name__ == "__main__":
    problem = complaint(sys.version_info[:2], sys.executable)
    if problem:
        sys.stderr.write("seqlearn: " + problem + "\n")
    sys.exit(1 if problem else 0)
