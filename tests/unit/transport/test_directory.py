from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actors.transport import DIRECTORY_SOCKET, CallFailed, Directory, DirectoryClient, Entry, LinkDown
from actors.transport.directory_wire import REFUSED_FULL, REFUSED_MALFORMED
from actors.transport.framing import Call, Error
from tests.unit.transport.harness import PATIENCE_S, QUICK, RawClient, Signal


def entry(name: str = "province/fujian", epoch: int = 1, pid: int = 100, **detail: str) -> Entry:
    """One incarnation of a province."""
    return Entry(name=name, address=f"unix:/x/{name}.{epoch}", epoch=epoch, pid=pid, detail=detail)


class Supervisor(Signal):
    """A directory whose changes are kept; it can die and come back on the same path."""

    def __init__(self, run_dir: Path) -> None:
        super().__init__()
        self.run_dir: Path = run_dir
        self.path: Path = run_dir / DIRECTORY_SOCKET
        self.changes: list[tuple[str, int, bool]] = []
        self.directory: Directory = Directory(on_change=self.changed)

    def changed(self, changed: Entry, present: bool) -> None:
        self.changes.append((changed.name, changed.epoch, present))
        self.notify()

    async def restart(self) -> None:
        await self.directory.close()
        self.directory = Directory(on_change=self.changed)
        await self.directory.listen(self.run_dir)


class Process(Signal):
    """A directory client whose callbacks are kept."""

    def __init__(
        self,
        supervisor: Supervisor,
        register: Entry | None = None,
        name: str = "process/1",
        settle_s: float = PATIENCE_S,
    ) -> None:
        super().__init__()
        self.changes: list[tuple[str, int, bool]] = []
        self.superseded_count: int = 0
        self.client: DirectoryClient = DirectoryClient(
            supervisor.path,
            name,
            register=register,
            on_change=self.changed,
            on_superseded=self.superseded,
            bounds=QUICK,
            settle_s=settle_s,
        )
        self.client.start()

    def changed(self, changed: Entry, present: bool) -> None:
        self.changes.append((changed.name, changed.epoch, present))
        self.notify()

    def superseded(self) -> None:
        self.superseded_count += 1
        self.notify()


@pytest.fixture
async def supervisor(run_dir: Path) -> AsyncIterator[Supervisor]:
    """A directory that listens."""
    supervisor = Supervisor(run_dir)
    await supervisor.directory.listen(run_dir)
    yield supervisor
    await supervisor.directory.close()


@pytest.fixture
async def watcher(supervisor: Supervisor) -> AsyncIterator[Process]:
    """A gateway that follows the directory."""
    process = Process(supervisor, name="gateway/1")
    await process.client.ready(PATIENCE_S)
    yield process
    await process.client.close()


async def test_an_entry_reaches_the_supervisor_and_every_watcher(supervisor: Supervisor, watcher: Process) -> None:
    """Gateways find provinces by this and nothing else."""
    fujian = entry(role="province")
    process = Process(supervisor, fujian)
    await process.client.ready(PATIENCE_S)
    await watcher.until(lambda: watcher.changes == [("province/fujian", 1, True)])
    assert dict(watcher.client.table) == {"province/fujian": fujian}
    assert supervisor.directory.get("province/fujian") == fujian
    assert supervisor.changes == [("province/fujian", 1, True)]

    late = Process(supervisor, name="gateway/2")
    await late.client.ready(PATIENCE_S)
    assert dict(late.client.table) == {"province/fujian": fujian}
    await late.client.close()
    await process.client.close()


async def test_a_closed_connection_takes_its_entry_away(supervisor: Supervisor, watcher: Process) -> None:
    """This is the fastest crash detector: nobody may have to wait for a heartbeat."""
    process = Process(supervisor, entry())
    await process.client.ready(PATIENCE_S)
    await process.client.close()
    await supervisor.until(lambda: supervisor.changes[-1:] == [("province/fujian", 1, False)])
    await watcher.until(lambda: watcher.changes[-1:] == [("province/fujian", 1, False)])
    assert supervisor.directory.get("province/fujian") is None
    assert supervisor.directory.entries() == []
    assert supervisor.directory.last_known("province/fujian") == entry()
    assert dict(watcher.client.table) == {}


async def test_a_newer_epoch_supersedes_a_zombie_that_is_still_connected(
    supervisor: Supervisor, watcher: Process
) -> None:
    """A stopped predecessor keeps its connection; when it wakes it must learn at once that it lost."""
    zombie = Process(supervisor, entry(epoch=1))
    await zombie.client.ready(PATIENCE_S)
    successor = Process(supervisor, entry(epoch=2, pid=200))
    await successor.client.ready(PATIENCE_S)
    await zombie.until(lambda: zombie.superseded_count == 1)
    await zombie.client.close()
    await watcher.until(lambda: watcher.client.table["province/fujian"].epoch == 2)
    assert supervisor.changes == [("province/fujian", 1, True), ("province/fujian", 2, True)]
    assert successor.superseded_count == 0
    await successor.client.close()


async def test_an_older_epoch_is_refused_even_when_the_newer_is_gone(supervisor: Supervisor) -> None:
    """A zombie that registers in its successor's crash gap would draw the gateways to itself."""
    successor = Process(supervisor, entry(epoch=2))
    await successor.client.ready(PATIENCE_S)
    await successor.client.close()
    await supervisor.until(lambda: supervisor.changes[-1:] == [("province/fujian", 2, False)])
    zombie = Process(supervisor, entry(epoch=1))
    with pytest.raises(CallFailed, match="superseded"):
        await zombie.client.ready(PATIENCE_S)
    assert zombie.superseded_count == 1
    zombie.client.register(entry(epoch=1))
    assert supervisor.directory.get("province/fujian") is None
    await zombie.client.close()


async def test_the_same_incarnation_may_come_back(supervisor: Supervisor) -> None:
    """A reconnect is not a crash of somebody else, whichever of the two connections ends last."""
    first = Process(supervisor, entry())
    await first.client.ready(PATIENCE_S)
    second = Process(supervisor, entry())
    await second.client.ready(PATIENCE_S)
    await first.client.close()
    second.client.register(entry(state="serving"))
    await supervisor.until(lambda: len(supervisor.changes) == 2)
    assert supervisor.changes == [("province/fujian", 1, True)] * 2
    assert supervisor.directory.get("province/fujian") == entry(state="serving")
    assert (first.superseded_count, second.superseded_count) == (0, 0)
    await second.client.close()
    await supervisor.until(lambda: supervisor.changes[-1] == ("province/fujian", 1, False))
    third = Process(supervisor, entry())
    await third.client.ready(PATIENCE_S)
    await third.client.close()


async def test_of_two_processes_with_one_epoch_the_last_wins(supervisor: Supervisor) -> None:
    """Names without a store-given epoch (a gateway's) restart under the same one."""
    first = Process(supervisor, entry(pid=1))
    await first.client.ready(PATIENCE_S)
    second = Process(supervisor, entry(pid=2))
    await second.client.ready(PATIENCE_S)
    await first.until(lambda: first.superseded_count == 1)
    present = supervisor.directory.get("province/fujian")
    assert present is not None
    assert present.pid == 2
    await first.client.close()
    await second.client.close()


async def test_a_process_may_raise_its_own_epoch(supervisor: Supervisor) -> None:
    """An actor that reopens its journal must not tell itself to exit."""
    process = Process(supervisor, entry(epoch=1))
    await process.client.ready(PATIENCE_S)
    process.client.register(entry(epoch=2))
    await process.until(lambda: ("province/fujian", 2, True) in process.changes)
    assert process.superseded_count == 0
    await process.client.close()


async def test_the_table_outlives_the_directory_until_it_has_settled(supervisor: Supervisor) -> None:
    """The supervisor's death must not tear down links to provinces that are well."""
    province = Process(supervisor, entry())
    gateway = Process(supervisor, name="gateway/1")
    await province.client.ready(PATIENCE_S)
    await gateway.until(lambda: "province/fujian" in gateway.client.table)
    await supervisor.directory.close()
    await province.client.close()
    assert "province/fujian" in gateway.client.table

    await supervisor.restart()
    other = Process(supervisor, entry("province/dalian"))
    await gateway.until(lambda: "province/dalian" in gateway.client.table)
    assert "province/fujian" in gateway.client.table
    back = Process(supervisor, entry())
    await back.client.ready(PATIENCE_S)
    other.client.register(entry("province/dalian", state="last"))
    await gateway.until(lambda: len(gateway.changes) == 3)
    assert [name for name, _, _ in gateway.changes] == ["province/fujian", "province/dalian", "province/dalian"]
    for process in (back, other, gateway):
        await process.client.close()


async def test_settling_spares_who_has_come_back(supervisor: Supervisor) -> None:
    """A province that registered again in time must not be reported gone by the timer."""
    provinces = [Process(supervisor, entry()), Process(supervisor, entry("province/dalian"))]
    gateway = Process(supervisor, name="gateway/1", settle_s=0.3)
    await gateway.until(lambda: len(gateway.client.table) == 2)
    await supervisor.directory.close()
    for province in provinces:
        await province.client.close()
    await supervisor.restart()
    witness = Process(supervisor, entry("province/qingdao"))
    await gateway.until(lambda: "province/qingdao" in gateway.client.table)
    back = Process(supervisor, entry())
    await back.client.ready(PATIENCE_S)
    await gateway.until(lambda: "province/dalian" not in gateway.client.table)
    await gateway.until(lambda: "province/fujian" in gateway.client.table)
    for process in (back, witness, gateway):
        await process.client.close()


async def test_registrations_come_back_after_a_restart_of_the_directory(supervisor: Supervisor) -> None:
    """A supervisor that restarts must find every process that lives, without asking."""
    province = Process(supervisor, entry())
    await province.client.ready(PATIENCE_S)
    await supervisor.restart()
    await supervisor.until(lambda: len(supervisor.changes) == 2)
    assert supervisor.changes == [("province/fujian", 1, True)] * 2
    assert supervisor.directory.entries() == [entry()]
    await province.client.close()


async def test_what_a_restarted_directory_never_lists_is_gone_after_settling(supervisor: Supervisor) -> None:
    """A province that died together with the supervisor must not stay in the table for ever."""
    province = Process(supervisor, entry())
    gateway = Process(supervisor, name="gateway/1", settle_s=0.0)
    await province.client.ready(PATIENCE_S)
    await gateway.until(lambda: "province/fujian" in gateway.client.table)
    await supervisor.directory.close()
    await province.client.close()
    await supervisor.restart()
    await gateway.until(lambda: gateway.changes[-1] == ("province/fujian", 1, False))
    assert dict(gateway.client.table) == {}
    await gateway.client.close()


async def test_an_orphan_can_tell_since_when(supervisor: Supervisor) -> None:
    """An actor without a supervisor exits after a while; it needs the clock, not a guess."""
    process = Process(supervisor, entry())
    assert process.client.connected_since is None
    alone_since = process.client.disconnected_since
    assert alone_since is not None
    await process.client.ready(PATIENCE_S)
    assert process.client.disconnected_since is None
    assert process.client.connected_since is not None
    assert process.client.connected_since >= alone_since
    await process.client.close()
    assert process.client.connected_since is None
    assert process.client.disconnected_since is not None


async def test_ready_gives_up_when_nobody_answers(run_dir: Path) -> None:
    """A start-up must fail with a name, not hang."""
    process = Process(Supervisor(run_dir))
    with pytest.raises(LinkDown):
        await process.client.ready(0.0)
    await process.client.close()


async def test_names_are_bounded_and_rubbish_is_refused(run_dir: Path) -> None:
    """Gone names are kept for ever, so there must be an end to them."""
    directory = Directory(on_change=lambda *_: None, names_max=0)
    await directory.listen(run_dir)
    client = await RawClient.connect(f"unix:{run_dir / DIRECTORY_SOCKET}")
    client.greet()
    full = b"\x84\xa4name\xa1n\xa7address\xa0\xa5epoch\x01\xa3pid\x01"
    client.send(Call(1, b"rubbish"), Call(2, full))
    _, first, second = await client.items(3)
    assert (first, second) == (Error(1, REFUSED_MALFORMED), Error(2, REFUSED_FULL))
    await client.close()
    await directory.close()
