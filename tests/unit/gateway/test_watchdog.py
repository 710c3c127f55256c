"""When a silent child is ended: stopped soon, hanging late, starting later still, and never for a stall of the observer's own."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from actors.process_state import process_state
from actors.transport import DIRECTORY_SOCKET, Directory
from gateway.command.watchdog import (
    RAY_GONE_MAX_S,
    SILENCE_MAX_S,
    START_MAX_S,
    SUSPECT_AFTER_S,
    DirectoryQuestion,
    Heartbeat,
    Watchdog,
)
from tests.integration.until import until


def test_a_stopped_child_is_given_a_moment_and_no_more() -> None:
    """A stopped gateway leaves every client waiting; a process that was stopped for a blink is no reason to end it."""
    heartbeat = Heartbeat(0.0)
    heartbeat.answered(100.0)
    assert not heartbeat.is_over(100.0 + SUSPECT_AFTER_S - 0.1, is_stopped=True)
    assert heartbeat.is_over(100.0 + SUSPECT_AFTER_S, is_stopped=True)


def test_a_slow_child_is_not_taken_for_a_stopped_one() -> None:
    """A busy machine or a slow disk would have its processes killed, which makes it busier."""
    heartbeat = Heartbeat(0.0)
    heartbeat.answered(100.0)
    assert not heartbeat.is_over(100.0 + SILENCE_MAX_S - 0.1, is_stopped=False)
    assert heartbeat.is_over(100.0 + SILENCE_MAX_S, is_stopped=False)


def test_a_child_that_has_never_answered_may_still_be_starting() -> None:
    """Starting takes longer than any answer; killed in its start it would never come up."""
    heartbeat = Heartbeat(0.0)
    assert not heartbeat.is_over(START_MAX_S - 0.1, is_stopped=False)
    assert heartbeat.is_over(START_MAX_S, is_stopped=False)


def test_the_observers_own_stall_is_nobodys_silence() -> None:
    """After a suspended laptop or a starved core everybody would be killed at once."""
    heartbeat = Heartbeat(0.0)
    heartbeat.answered(100.0)
    heartbeat.forgive(60.0)
    assert not heartbeat.is_over(160.0 + SUSPECT_AFTER_S - 0.1, is_stopped=True)


@pytest.fixture
def process():
    """Some process."""
    started = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    yield started
    started.kill()
    started.communicate()


def test_a_stopped_part_of_ray_is_ended_only_when_it_stays_stopped(process: subprocess.Popen[bytes]) -> None:
    """Without its GCS Ray restarts no actor, and a stopped one would never be noticed by Ray itself."""
    watchdog = Watchdog(lambda _: None)
    process.send_signal(signal.SIGSTOP)
    until(lambda: process_state(process.pid) == "T", within_s=10)
    watchdog._look_at_stop("gcs", process.pid, "T", 0.0)
    watchdog._look_at_stop("gcs", process.pid, "S", 1.0)
    watchdog._look_at_stop("gcs", process.pid, "T", 2.0)
    watchdog._look_at_stop("gcs", process.pid, "T", 2.0 + SUSPECT_AFTER_S - 0.1)
    assert process.poll() is None
    watchdog._look_at_stop("gcs", process.pid, "T", 2.0 + SUSPECT_AFTER_S)
    assert process.wait(10) == -signal.SIGKILL


def test_a_cluster_that_outlives_its_ray_is_ended_after_a_while(process: subprocess.Popen[bytes]) -> None:
    """Actors serve on without the GCS, but nobody would restart them: the country would decay one death at a time."""
    said: list[str] = []
    watchdog = Watchdog(said.append)
    gone = subprocess.Popen(["true"])
    gone.wait()
    watchdog._look_at_ray(process.pid, 0.0)
    watchdog._ray_parts["gcs"] = gone.pid
    watchdog._look_at_ray(process.pid, 1.0)
    watchdog._look_at_ray(process.pid, 1.0 + RAY_GONE_MAX_S - 0.1)
    assert process.poll() is None
    watchdog._look_at_ray(process.pid, 1.0 + RAY_GONE_MAX_S)
    assert process.wait(10) == -signal.SIGKILL
    assert len(said) == 2


class _Running:
    """A child that is there."""

    name = "gateway"
    is_running = True

    def __init__(self, pid: int) -> None:
        self.pid = pid


async def test_a_stopped_child_is_ended_though_its_answer_is_still_awaited(process: subprocess.Popen[bytes]) -> None:
    """The question to a stopped process stays open; waiting for its end first would leave clients waiting, too."""
    asked = asyncio.Event()

    async def never() -> bool:
        asked.set()
        await asyncio.Event().wait()
        return True

    process.send_signal(signal.SIGSTOP)
    watching = asyncio.create_task(
        Watchdog(lambda _: None).watch_child(_Running(process.pid), never)  # pyright: ignore[reportArgumentType]
    )
    try:
        assert await asyncio.to_thread(process.wait, 20) == -signal.SIGKILL
        assert asked.is_set()
    finally:
        watching.cancel()


async def test_a_question_that_is_cut_off_is_one_without_an_answer(process: subprocess.Popen[bytes]) -> None:
    """The channel to a gateway is closed when it is restarted: awaited just then, the answer's end would have been that of the whole country."""
    asked_again = asyncio.Event()
    times = 0

    async def cut_off_once() -> bool:
        nonlocal times
        times += 1
        if times == 1:
            raise asyncio.CancelledError
        asked_again.set()
        return True

    watching = asyncio.create_task(
        Watchdog(lambda _: None).watch_child(_Running(process.pid), cut_off_once)  # pyright: ignore[reportArgumentType]
    )
    waiting = asyncio.create_task(asked_again.wait())
    await asyncio.wait((watching, waiting), timeout=20, return_when=asyncio.FIRST_COMPLETED)
    assert asked_again.is_set() and not watching.done()
    watching.cancel()


async def test_a_directory_that_nobody_can_join_any_more_does_not_answer(tmp_path: Path) -> None:
    """The run directory was deleted: the cluster process answered us for ever, while whoever restarted stayed away for ever."""
    directory = Directory(on_change=lambda _entry, _present: None)
    await directory.listen(tmp_path)
    question = DirectoryQuestion(tmp_path)
    # The first question begins to connect.
    await question.ask()
    await question._link.wait_connected(20)
    assert await question.ask()
    (tmp_path / DIRECTORY_SOCKET).unlink()
    assert not await question.ask()
    await question.close()
    await directory.close()
