"""Logs: one JSON object a line, to a file per process. No personal data: ids and codes only.

A log line that cannot be written is lost, never an error: on a full disk the province must go on serving reads, and the line that says
that the disk is full must not be what ends it. Nor is a file that cannot be opened: what would have gone there goes to standard error.

A file that is full becomes an older one, ``province-fujian.log.1``, and the oldest goes: `FILES_MAX` of at most `BYTES_MAX` bytes for each
process, for however many years it runs. Where the disk lets no file be renamed or made, the full one grows on: a line is worth more than the bound.
"""

import contextlib
import io
import logging
import os
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO, cast

import structlog

#: Of one file.
BYTES_MAX = 8 * 1024 * 1024
#: Of one process, the one that is written among them.
FILES_MAX = 5

#: What this process writes to: one, or none.
_open_files: "list[_LogFile]" = []


class _LogFile(RotatingFileHandler):
    """The end of a log file, written line by line without a buffer that could fail later. What does not fit is counted.

    Raises:
        OSError: it cannot be opened: another user's, a directory, no room for one more.
    """

    terminator = ""

    def __init__(self, path: Path) -> None:
        self._lost_lines = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        super().__init__(path, maxBytes=BYTES_MAX, backupCount=FILES_MAX - 1, encoding="utf-8")

    def _open(self) -> io.TextIOWrapper:
        fd = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        return io.TextIOWrapper(cast(io.BufferedWriter, io.FileIO(fd, "a")), self.encoding, write_through=True)

    def write(self, text: str) -> None:
        """Append a line, and how many lines were lost before it."""
        lost_lines = self._lost_lines
        note = f'{{"event": "log lines lost", "lines": {lost_lines}}}\n' if lost_lines else ""
        self.handle(logging.makeLogRecord({"msg": note + text}))
        if self._lost_lines == lost_lines:
            self._lost_lines = 0

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging calls it so
        """It was not written: the disk is full, read-only, over a limit."""
        self._lost_lines += 1

    def doRollover(self) -> None:  # noqa: N802 - likewise
        """Begin a new file; where that cannot be, go on with the full one."""
        try:
            super().doRollover()
        except OSError:
            full = Path(self.baseFilename)
            if not full.exists():  # it was put aside already, and there is room for no other
                with contextlib.suppress(OSError):
                    full.with_name(f"{full.name}.1").rename(full)


def put_aside_if_full(path: Path) -> None:
    """For a file that another process is about to write to, and that is never changed under its hands.

    Raises:
        OSError: it cannot be opened.
    """
    with contextlib.closing(_LogFile(path)) as file:
        if file.shouldRollover(logging.makeLogRecord({})):
            file.doRollover()


def configure(path: Path | None) -> None:
    """Send structlog's output to `path` (appended; made if needed), or to standard error if there is none or it cannot be opened."""
    while _open_files:
        _open_files.pop().close()
    problem: OSError | None = None
    if path is not None:
        try:
            _open_files.append(_LogFile(path))
        except OSError as error:
            problem = error
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, _open_files[0]) if _open_files else sys.stderr),
        cache_logger_on_first_use=False,
    )
    if problem is not None:
        structlog.get_logger(__name__).error("log file cannot be opened", detail=str(problem))
