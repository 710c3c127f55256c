import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from loadtests.chaos import backups
from loadtests.chaos.backups import Creates, Taken, report
from loadtests.chaos.findings import Findings, RowFailed

SAID: dict[str, Any] = {
    "ok": True,
    "tasks_created": 10,
    "tasks_in_transit": 2,
    "held_longest_ms": 40,
    "held_seconds": 0.05,
    "tries": 1,
    "broken_tries": [],
    "seconds": 1.0,
    "copy_mb_per_second": 100.0,
    "bytes": 1_000_000,
}
CREATES = Creates([(0.0, 0.1), (0.9, 1.6), (1.5, 1.6), (2.5, 2.6)])


def found(*said: dict[str, Any], acknowledged: int = 10) -> Findings:
    """What is reported of backups that say this."""
    findings = Findings("backups")
    report(findings, [Taken(one, 1.0, 2.0, acknowledged) for one in said], CREATES, [0.1])
    return findings


def test_a_clients_pause_is_the_longest_create_that_a_backup_met() -> None:
    """Only those that ended within it would leave out the one that waited longest."""
    assert CREATES.longest_s(1.0, 2.0) == 1.6 - 0.9
    assert CREATES.longest_s(1.55, 1.58) == 1.6 - 0.9
    assert CREATES.longest_s(1.7, 2.4) == 0.0
    assert CREATES.rate(0.0, 2.0) == 1.5


def test_backups_that_hold_everything_pass() -> None:
    """A check that always fails says as little as one that never does."""
    assert found(SAID, SAID).held


def test_what_must_hold_is_checked() -> None:
    """A failed backup, a missing task, a long hold, or no move at all must end the command with 1."""
    failed = {"ok": False, "problem": "planted"}
    for findings in (
        found(SAID, failed),
        found(SAID, acknowledged=11),
        found(SAID | {"held_longest_ms": 501}),
        found(SAID | {"tasks_in_transit": 0}),
        found(failed),
    ):
        assert not findings.held, findings.as_json()


@pytest.mark.parametrize(("name", "other"), [("_write", "_order"), ("_order", "_write")])
async def test_work_that_is_refused_fails_the_row(
    name: str, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup of a country at rest shows nothing of one at work."""
    refused = asyncio.Event()

    async def is_refused(*_: object) -> None:
        refused.set()
        raise RowFailed("it was refused")

    async def goes_on(*_: object) -> None:
        await asyncio.Event().wait()

    async def staff(*_: object) -> None:
        return None

    async def back_up(*_: object) -> Taken:
        await refused.wait()
        return Taken(SAID, 1.0, 2.0, 10)

    @asynccontextmanager
    async def staged(*_: object) -> AsyncIterator[SimpleNamespace]:
        yield SimpleNamespace(created={})

    monkeypatch.setattr(backups, name, is_refused)
    monkeypatch.setattr(backups, other, goes_on)
    monkeypatch.setattr(backups, "staged", staged)
    monkeypatch.setattr(backups, "_staff", staff)
    monkeypatch.setattr(backups, "_back_up", back_up)
    monkeypatch.setattr(backups, "BETWEEN_S", 0.0)
    with pytest.raises(RowFailed, match="it was refused"):
        await backups.play(tmp_path, print, ["fujian"], backups=1, writers=1)
