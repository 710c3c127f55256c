"""A disk that is full: no file of this process can grow beyond a limit."""

import contextlib
import errno
import os
import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

#: Less than the index of a WAL takes, and more than what a test logs.
NO_INDEX_BYTES = 16 * 1024


@contextmanager
def file_size_limit(limit_bytes: int) -> Iterator[None]:
    """No file of this process can grow beyond the limit, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def full_but_for_the_reserves(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """There is no room for the index of a WAL until a journal's reserve is given back to the disk."""
    with contextlib.ExitStack() as full, monkeypatch.context() as watching:
        full.enter_context(file_size_limit(NO_INDEX_BYTES))
        remove = Path.unlink

        def give_back(path: Path, missing_ok: bool = False) -> None:
            is_reserve = path.suffix == ".reserve" and path.exists()
            remove(path, missing_ok)
            if is_reserve:
                full.close()

        watching.setattr(Path, "unlink", give_back)
        yield


@contextmanager
def no_further_file(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The disk has no inode left. SQLite says no more of that than of a process that may open no further file, so it is made one."""

    def refuse(*_arguments: object, **_options: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    lowest_free = os.dup(0)
    os.close(lowest_free)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with monkeypatch.context() as full:
        full.setattr(tempfile, "TemporaryFile", refuse)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
