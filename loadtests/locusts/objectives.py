"""Objectives of a run: a small TOML file, and the figures that it speaks of."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

#: The file that holds when none is named.
SHIPPED = Path(__file__).with_name("objectives.toml")
#: Objective -> the rows that it is measured by, by name.
MEASURED_BY: dict[str, tuple[str, ...]] = {
    "create_p99_ms": ("CreateTask", "BatchCreateTasks", "IngestTasks item"),
    "action_p99_ms": ("Work accept", "Work start", "Work complete"),
    "start_p99_ms": ("created to started",),
    "ops_p99_ms": ("GetOverview", "GetSharingPolicy", "ListProvinces"),
}


class ObjectivesUnusable(Exception):
    """The file cannot be read or says what is no objective; `str` says why."""


class Objectives(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a run is to reach. Waits in milliseconds; fields that a file leaves out are not judged."""

    create_p99_ms: float | None = None
    action_p99_ms: float | None = None
    start_p99_ms: float | None = None
    ops_p99_ms: float | None = None
    on_time_permille: int | None = None
    #: Seconds after its creation by which a task is due, 1..86,400.
    promise_s: float = 60.0

    def __post_init__(self) -> None:
        if not 1 <= self.promise_s <= 86_400:
            raise ValueError("promise_s is 1 to 86400 seconds")
        if self.on_time_permille is not None and not 0 <= self.on_time_permille <= 1_000:
            raise ValueError("on_time_permille is 0 to 1000")


def read_objectives(path: Path = SHIPPED) -> Objectives:
    """Read a file.

    Raises:
        ObjectivesUnusable: it cannot be read, or names what is no objective.
    """
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Objectives)
    except OSError as error:
        raise ObjectivesUnusable(f"{path}: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        raise ObjectivesUnusable(f"{path}: {error}") from None


def percentile_ms(histograms: Iterable[Mapping[int, int]], share: float) -> int | None:
    """The wait within which `share` of all calls were answered; None: there were none.

    Args:
        histograms: wait in milliseconds -> number of calls, one of each name.
        share: 0..1.
    """
    together: dict[int, int] = {}
    for histogram in histograms:
        for wait_ms, calls in histogram.items():
            together[wait_ms] = together.get(wait_ms, 0) + calls
    left = sum(together.values()) * (1 - share)
    for wait_ms in sorted(together, reverse=True):
        left -= together[wait_ms]
        if left < 0:
            return wait_ms
    return min(together, default=None)
