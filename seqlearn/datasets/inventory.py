"""All data files of the book: what is here, and how to bring the rest."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from seqlearn.datasets import cache, fetch, imdb, mnist, verify

FILES = (mnist.FILE, imdb.REVIEWS_FILE, imdb.WORDS_FILE)


@dataclass(frozen=True)
class State:
    """What is known of a file: "verified", "damaged" or "missing", where, and in few words why."""

    file: verify.DataFile
    state: str
    path: Path | None = None
    detail: str = ""


def look(file: verify.DataFile, folders: tuple[Path, ...] | None = None) -> State:
    """Look for a file, in ``SEQLEARN_DATA`` and the cache by default, and change nothing.

    Returns:
        The first verified file, else the first damaged one, else "missing".
    """
    damaged = None
    for folder in filter(None, folders or (cache.data_folder(), cache.folder())):
        path = folder / file.name
        try:
            verify.verified(file, path.read_bytes())
        except OSError:
            continue
        except verify.Damaged as problem:
            damaged = damaged or State(file, "damaged", path, str(problem))
        else:
            return State(file, "verified", path)
    return damaged or State(file, "missing")


def bring(file: verify.DataFile, folder: Path) -> State:
    """Copy or download a file into a folder, verified there; a damaged one is set aside.

    Returns:
        "verified" with what was done, or "missing" with the reason.
    """
    there = look(file, (folder,))
    if there.state == "verified":
        return State(file, "verified", there.path, "was there")
    target = folder / file.name
    try:
        with cache.workspace(folder) as work:
            here = look(file)
            if here.state == "verified":
                copy, done = work / file.name, f"copied from {here.path.parent}"
                shutil.copyfile(here.path, copy)
                # A memory stick may take what it can't give back.
                verify.verified(file, copy.read_bytes())
            else:
                (copy, _), done = fetch.download(file, work), "downloaded"
            if there.state == "damaged":
                cache.set_aside(target)
                done += f"; the damaged one is now {target.name}.damaged"
            copy.replace(target)
    except fetch.FetchFailed as problem:
        return State(file, "missing", None, str(problem))
    except verify.Damaged as problem:
        return State(file, "missing", None, f"the copy in {folder} is damaged: {problem}")
    except OSError as problem:
        return State(file, "missing", None, f"{folder} can't be written ({problem.strerror})")
    return State(file, "verified", target, done)
