import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from actors.transport import Endpoint, Link
from tests.unit.transport.harness import PATIENCE_S, Notes, Recorder, address_in, echo


@pytest.fixture
def run_dir() -> Iterator[Path]:
    """A folder whose path is short enough for sockets, wherever the tests run."""
    with tempfile.TemporaryDirectory(prefix="so") as folder:
        yield Path(folder)


@pytest.fixture
def recorder() -> Recorder:
    """An echoing handler."""
    return Recorder(echo)


@pytest.fixture
def notes() -> Notes:
    """What the link under test was told."""
    return Notes()


@pytest.fixture
async def endpoint(run_dir: Path, recorder: Recorder) -> AsyncIterator[Endpoint]:
    """An endpoint that listens, over `recorder`."""
    endpoint = Endpoint(recorder)
    await endpoint.listen(address_in(run_dir))
    yield endpoint
    await endpoint.close()


@pytest.fixture
async def link(endpoint: Endpoint, notes: Notes) -> AsyncIterator[Link]:
    """A link connected to `endpoint`."""
    link = notes.link()
    link.connect_to(endpoint.address)
    await link.wait_connected(PATIENCE_S)
    yield link
    await link.close()
