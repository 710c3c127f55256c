from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actors.cluster import Watched
from actors.transport import Endpoint, Entry
from tests.unit.transport.harness import PATIENCE_S, Recorder, address_in, echo


@pytest.fixture
async def silent(run_dir: Path) -> AsyncIterator[tuple[Watched, Recorder]]:
    """The supervisor's view of an actor that takes pings and does not answer by itself."""
    recorder = Recorder()
    endpoint = Endpoint(recorder)
    await endpoint.listen(address_in(run_dir))
    watched = Watched("province/fujian")
    watched.changed(Entry(name=watched.name, address=endpoint.address, epoch=1, pid=1))
    await watched.link.wait_connected(PATIENCE_S)
    yield watched, recorder
    await watched.link.close()
    await endpoint.close()


async def test_a_late_answer_is_a_sign_of_life(silent: tuple[Watched, Recorder]) -> None:
    """An actor whose fsync takes two seconds answers no ping in time: taken for a freeze, it was killed every 15 s."""
    watched, recorder = silent
    watched.answered_s = 0.0
    watched.ask()
    await recorder.until(lambda: len(recorder.bodies) == 1)
    watched.ask()
    watched.ask()
    assert watched.link.calls_in_flight == 1
    assert watched.answered_s == 0.0
    [call] = recorder.batches[0]
    echo(recorder.peers[0], call)
    recorder.answer = echo
    assert await watched.link.call(b"next", timeout_s=PATIENCE_S) == b"next"
    assert watched.answered_s > 0.0
    watched.ask()
    await recorder.until(lambda: len(recorder.bodies) == 3)


async def test_nobody_is_asked_while_nobody_is_there(silent: tuple[Watched, Recorder]) -> None:
    """Between two incarnations there is no one to be silent; the next one starts with a clean slate."""
    watched, recorder = silent
    watched.ask()
    await recorder.until(lambda: len(recorder.bodies) == 1)
    watched.answered_s = 0.0
    watched.changed(None)
    watched.ask()
    assert watched.entry is None
    assert watched.link.calls_in_flight == 0
    assert watched.answered_s > 0.0
