"""Logs: one JSON object a line, to a file per process. No personal data: ids and codes only.

A log line that cannot be written is lost, never an error: on a full disk the province must go on serving reads, and the line that says
that the disk is full must not be what ends it. Nor is a file that cannot be opened: what would have gone there goes to standard error.
"""

import logging
import os
import sys
from pathlib import Path
from typing import TextIO, cast

import structlog

_STANDARD_ERROR = 2


class _LogFile:
    """The end of a log file, written line by line without a buffer that could fail later. What does not fit is counted."""

    def __init__(self, path: Path) -> None:
        #: Why the file cannot be opened; None: it is open.
        self.problem: OSError | None = None
        self._lost_lines = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        except OSError as error:  # another user's, a directory, no room for one more
            self.problem, self._fd = error, _STANDARD_ERROR

    def write(self, text: str) -> None:
        """Append `text`, and how many lines were lost before it."""
        note = f'{{"event": "log lines lost", "lines": {self._lost_lines}}}\n' if self._lost_lines else ""
        try:
            os.write(self._fd, (note + text).encode())
        except OSError:  # full, read-only, over a limit
            self._lost_lines += 1
        else:
            self._lost_lines = 0

    def flush(self) -> None:
        """Nothing waits here."""


def configure(path: Path | None) -> None:
    """Send structlog's output to `path` (appended; made if needed), or to standard error if there is none or it cannot be opened."""
    file = _LogFile(path) if path else sys.stderr
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, file)),
        cache_logger_on_first_use=False,
    )
    if isinstance(file, _LogFile) and file.problem is not None:
        structlog.get_logger(__name__).error("log file cannot be opened", detail=str(file.problem))
