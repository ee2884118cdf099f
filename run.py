"""The book's commands, on any system: ``python run.py TARGET``; ``make TARGET`` calls this.

    python run.py help
    python run.py book
    python run.py test JOBS=4 SEQLEARN_DATA=/media/stick

Settings are words such as ``JOBS=4``, or environment variables of the same names. This file
looks for a Python that will do and leaves the rest to tools/targets.py. It is written for any
Python, however old, because it has to run on one that is too old.
"""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "tools"))

from suitable_python import complaint  # noqa: E402

SETTINGS = (
    *("ARGS", "BACKEND", "JOBS", "NAME", "NOTEBOOK", "PYTHON", "SEQLEARN_DATA", "SINCE"),
    "VENV",
)


def main(words):
    """Do what the targets say, with the first Python that will do.

    Args:
        words: Targets and settings, in any order.

    Returns:
        The exit status.
    """
    # WSL names the computer in a variable NAME, so this one counts only as a word.
    os.environ.pop("NAME", None)
    targets = []
    for word in words:
        name, equals, value = word.partition("=")
        if equals and name not in SETTINGS:
            return refuse("%s isn't a setting; there are %s" % (name, ", ".join(SETTINGS)))
        if equals:
            os.environ[name] = value
        else:
            targets.append(word)
    if os.environ.get("SEQLEARN_DATA") and os.path.isdir(os.environ["SEQLEARN_DATA"]):
        # Notebooks run in their own folder.
        os.environ["SEQLEARN_DATA"] = os.path.abspath(os.environ["SEQLEARN_DATA"])
    os.chdir(HERE)
    named = os.environ.get("PYTHON")
    if os.environ.get("CONDA_DEFAULT_ENV") == "seqlearn":
        python = "python"  # `conda activate seqlearn` was done: that of the environment
    elif named:
        python = named
    else:
        python = next((program for program in candidates() if suits(program)), None)
    if python is None:
        return refuse(complaint(sys.version_info[:2], sys.executable).rstrip("."))
    if python in (named, "python") and not suits(python, quiet=False):
        return 1
    return hand_over([python, os.path.join("tools", "targets.py")] + targets)


def candidates():
    """Yield the Pythons to try, the one that the environment was made with first."""
    try:
        with open(os.path.join(os.environ.get("VENV") or ".venv", "pyvenv.cfg")) as file:
            for line in file:
                key, _, value = line.partition("=")
                if key.strip() == "executable":
                    yield value.strip()
    except (EnvironmentError, ValueError):
        pass
    yield sys.executable or "python"
    for name in ("python3", "python3.12", "python3.11", "python3.13", "python"):
        yield name


def suits(python, quiet=True):
    """Tell whether a program is a Python that will do.

    Args:
        python: Its path, or a name on the PATH.
        quiet: Whether to keep its complaint to oneself.

    Returns:
        True if it will do.
    """
    if python == sys.executable and quiet:
        return not complaint(sys.version_info[:2], python)
    with open(os.devnull, "w") as nowhere:
        try:
            command = [python, os.path.join("tools", "suitable_python.py")]
            told = nowhere if quiet else None
            return subprocess.call(command, stdout=nowhere, stderr=told) == 0
        except OSError:
            if not quiet:
                refuse("PYTHON=%s is no program that starts" % python)
            return False


def hand_over(command):
    """Go on as another program; where there is no such thing, wait for it.

    Args:
        command: The program and its arguments.

    Returns:
        The exit status.
    """
    sys.stdout.flush()
    if os.name == "posix":
        os.execvp(command[0], command)
    program = subprocess.Popen(command)
    while True:
        try:
            return program.wait()
        except KeyboardInterrupt:
            pass  # the program was interrupted as well, and says so


def refuse(reason):
    """Say in one line why nothing is done.

    Args:
        reason: The line.

    Returns:
        The exit status.
    """
    sys.stderr.write("seqlearn: " + reason + ".\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
