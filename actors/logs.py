"""Logs: one JSON object a line, to a file per process. No personal data: ids and codes only."""

import logging
import sys
from pathlib import Path

import structlog


def configure(path: Path | None) -> None:
    """Send structlog's output to `path` (appended; made if needed), or to standard error."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a", encoding="utf-8", buffering=1) if path else sys.stderr
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=file),
        cache_logger_on_first_use=False,
    )
