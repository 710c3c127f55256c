"""A check of a live journal: it finds what is wrong, and the actor goes on committing meanwhile."""

import asyncio
from pathlib import Path

import pytest

from actors.chain_check import SLICE_FRAMES_MAX, ChainCheck
from actors.journal import Journal, MemoryStore, open_memory, open_sqlite
from actors.protocol import ChainReport

FRAMES = 10 * SLICE_FRAMES_MAX
PATIENCE_S = 20.0


async def checked(check: ChainCheck) -> ChainReport:
    """What a check finds."""
    answer: asyncio.Future[ChainReport] = asyncio.get_running_loop().create_future()
    check.report_to(answer.set_result)
    async with asyncio.timeout(PATIENCE_S):
        return await answer


def filled(journal: Journal) -> Journal:
    """A journal of many slices."""
    for number in range(FRAMES):
        journal.append(b"%d" % number, at_ms=number)
    return journal


@pytest.fixture
def journal() -> Journal:
    """In memory."""
    return filled(open_memory(MemoryStore("store", "fujian"), store_id="store", province="fujian"))


async def test_commits_go_on_while_a_journal_is_read(journal: Journal) -> None:
    """Read in one go, a long journal would look like a frozen actor, and be killed as one."""
    loop = asyncio.get_running_loop()
    commits = 0

    def commit() -> None:
        nonlocal commits
        if commits < 3:
            journal.append(b"live", at_ms=0)
            commits += 1
            loop.call_soon(commit)

    check = ChainCheck(journal, lambda payload: [payload])
    waiting = asyncio.ensure_future(checked(check))
    loop.call_soon(commit)
    report = await waiting
    assert commits == 3
    assert (report.frames, report.events, report.problem) == (FRAMES + 3, FRAMES + 3, "")
    assert report.head_hash == journal.head.hash


async def test_who_asks_while_a_check_runs_gets_its_answer(journal: Journal) -> None:
    """A hundred impatient callers must not make a hundred readings."""
    decoded = 0

    def decode(payload: bytes) -> list[bytes]:
        nonlocal decoded
        decoded += 1
        return [payload]

    check = ChainCheck(journal, decode)
    reports = await asyncio.gather(*(checked(check) for _ in range(5)))
    assert decoded == FRAMES
    assert reports == [reports[0]] * 5
    assert (await checked(check)).frames == FRAMES
    assert decoded == 2 * FRAMES


async def test_a_broken_chain_is_reported_with_the_frames_before_it(tmp_path: Path) -> None:
    """The number tells the duty officer how far the journal can be believed."""
    path = tmp_path / "fujian.sqlite"
    journal = filled(open_sqlite(path, store_id="store", province="fujian", reserve_bytes=0))
    journal.close()
    broken = open_sqlite(path, store_id="store", province="fujian", reserve_bytes=0)
    broken.connection.execute("UPDATE frames SET payload = x'00' WHERE sequence = 100")
    report = await checked(ChainCheck(broken, lambda payload: [payload]))
    broken.close()
    assert report.frames == 99
    assert "frame 100" in report.problem
