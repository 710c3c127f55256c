"""An actor whose journal cannot be used says so in the directory of addresses."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from actors.journal import Corrupt
from actors.standing_aside import StandingAside
from actors.transport import Directory

HOUR_NS = 3_600_000_000_000


async def test_the_next_one_is_heard_though_the_clock_was_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be taken for a zombie of the one before, end, and be started again at full speed until the clock is where it was."""
    directory = Directory(on_change=lambda _entry, _present: None)
    error, ended = Corrupt("fujian", 7, "is damaged"), list[Exception]()
    with TemporaryDirectory(prefix="so") as run_dir:
        await directory.listen(run_dir)
        for now_ns in (time.time_ns(), time.time_ns() - HOUR_NS):
            monkeypatch.setattr(time, "time_ns", lambda now_ns=now_ns: now_ns)
            aside = StandingAside(run_dir, "province/fujian", Path(run_dir) / "fujian.sqlite", error, end=ended.append)
            await aside.ready()
            known = directory.get("refusal/province/fujian")
            assert known is not None and "is damaged" in known.detail["reason"]
            await aside.close()
        await directory.close()
    assert ended == []
