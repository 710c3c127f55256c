"""A system that is asked to end before it serves, and one of which not everybody does."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from gateway.command.demo_system import ServedSystem
from loadtests.chaos.system import LiveSystem, SystemDown

#: Stands for `serve` while it starts: says that it can be interrupted, and tidies up when it is. No shell: one that was started in the background
#: ignores interrupts and cannot be told otherwise.
_STARTING = f"""#!{sys.executable} -SE
import os, pathlib, signal
place = pathlib.Path(os.environ["PLACE"])
def tidy(*_):
    (place / "tidied").touch()
    os._exit(130)
signal.signal(signal.SIGINT, tidy)
(place / "up").write_text("up")
signal.pause()
"""


#: Stands for `serve` that has started without a province.
_INCOMPLETE = f"""#!{sys.executable} -SE
print('{{"ready": true, "standing_aside": {{"fujian": "journal fujian is corrupt"}}}}', flush=True)
"""


#: Stands for `serve` that may not start.
_REFUSING = f"""#!{sys.executable} -SE
import sys
print('{{"ready": false, "problem": "the port is taken"}}', flush=True)
print("sharedops serve: the port is taken", file=sys.stderr)
sys.exit(2)
"""


#: Stands for `serve` that serves until it is killed, with a directory of its own.
_KILLED = f"""#!{sys.executable} -SE
import os, pathlib, signal, sys
data = pathlib.Path(sys.argv[sys.argv.index("--data-dir") + 1])
data.mkdir()
(data / "running.json").write_text('{{"run_dir": "%s", "pid": %d}}' % (os.environ["PLACE"], os.getpid()))
(data / "store.json").write_text('{{"provinces": ["fujian"]}}')
print('{{"ready": true, "standing_aside": {{}}, "grpc": "a", "console": "b"}}', flush=True)
signal.pause()
"""


class _Starting(LiveSystem):
    """Tells when the child is there and its first line is waited for."""

    def __init__(self, directory: Path, *, environment: dict[str, str]) -> None:
        super().__init__(directory, environment=environment)
        self.waits = asyncio.Event()

    async def _ready(self) -> dict[str, object]:
        self.waits.set()
        return await super()._ready()


async def test_a_start_that_is_interrupted_ends_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed, `serve` leaves its directory of sockets behind each time that somebody presses Ctrl-C early."""
    os.mkfifo(tmp_path / "up")
    serve = tmp_path / "serve"
    serve.write_text(_STARTING, encoding="ascii")
    serve.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(serve))
    system = _Starting(tmp_path, environment={"PLACE": str(tmp_path)})
    starting = asyncio.create_task(system.start())
    async with asyncio.timeout(20):
        await asyncio.to_thread((tmp_path / "up").read_text)
        await system.waits.wait()
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert (tmp_path / "tidied").exists()
    assert not system.is_running


async def test_a_system_that_is_killed_leaves_no_directory_of_sockets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot tidy up itself, and each killed system left one, with all that Ray had written."""
    serve, place = tmp_path / "serve", tmp_path / "sockets"
    serve.write_text(_KILLED, encoding="ascii")
    serve.chmod(0o700)
    place.mkdir()
    monkeypatch.setattr(sys, "executable", str(serve))
    system = LiveSystem(tmp_path / "system", environment={"PLACE": str(place)})
    await system.start()
    system.kill_tree()
    await system.wait_gone()
    assert not place.exists()


async def test_a_system_without_one_of_its_provinces_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every measurement and every fault counts on all of them; the first call that fails would not say why."""
    serve = tmp_path / "serve"
    serve.write_text(_INCOMPLETE, encoding="ascii")
    serve.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(serve))
    with pytest.raises(SystemDown, match="journal fujian is corrupt"):
        await LiveSystem(tmp_path).start()


@pytest.mark.parametrize("kind", [LiveSystem, ServedSystem])
async def test_a_system_that_says_that_it_is_not_ready_is_none(
    kind: type[LiveSystem | ServedSystem], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its line has no addresses: the reader ended in a traceback, and nobody read why it did not start."""
    serve = tmp_path / "serve"
    serve.write_text(_REFUSING, encoding="ascii")
    serve.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(serve))
    with pytest.raises(Exception, match=r"ended with code 2 before it was ready(?s:.*)the port is taken") as refused:
        await kind(tmp_path / "system", ["fujian"]).start()
    assert type(refused.value).__name__ == "SystemDown"
