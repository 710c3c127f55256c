"""A whole country on one machine: the cluster process (Ray and the actors) and the gateways, started, watched, restarted and ended.

This is the outer supervisor: it imports neither Ray nor anything heavy, so that it survives whatever happens to them. When the cluster
process dies (Ray's head dies with it), the actors die too and come back from their journals with the next one; the gateways stay up and
find them again through the directory.
"""

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from actors.cluster_options import OPTIONS_FILE, RUN_DIR_PREFIX, ClusterOptions
from actors.process_ties import adopt_orphans
from actors.running import Running, forget_running, hold, note_running, remove_left_behind
from actors.store import Store
from gateway.command.children import Child, end_leftovers, end_stragglers
from gateway.command.gateways import console_addresses, make_gateways
from gateway.command.roll_call import RollCall
from gateway.command.watchdog import DirectoryQuestion, Watchdog
from gateway.held_port import HeldPort

#: A child that dies this often within a minute is not restarted any more.
RESTARTS_PER_MINUTE_MAX = 10
GATEWAY_GRACE_S = 12.0
CLUSTER_GRACE_S = 20.0
LEFTOVER_GRACE_S = 5.0
#: Pause between two looks at who stands aside.
ROLL_CALL_EVERY_S = 1.0
#: So long the coordinator is waited for when everybody else is there. It is started before them all, and provinces serve without it.
COORDINATOR_PATIENCE_S = 15.0


class SystemSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What to start and where it listens."""

    grpc: str
    console: str
    #: Country file; empty: the one that comes with the package.
    country: str = ""
    #: Enrol the country file's operators in new journals.
    with_operators: bool = True
    #: Gateway processes behind the port.
    gateways: int = 1
    #: Calls that they take in a second, all together; 0: no limit.
    admission_per_second: int = 0
    #: Where faults to be played are asked for; empty: none are.
    fault_dir: str = ""


class SystemFailed(Exception):
    """The system did not come up or could not be kept up; `str` says why."""


class Ready(NamedTuple):
    """Where a system can be reached, and who of it serves."""

    grpc: str
    #: URLs, one for each gateway.
    consoles: tuple[str, ...]
    #: Provinces that do not serve, and `store.HQ` if the coordinator does not -> why; all others do.
    aside: dict[str, str]


class System:
    """The running country. Use: `start`, `wait_ready`, then `wait_failed` for as long as it is to run, `stop`."""

    def __init__(self, store: Store, settings: SystemSettings, say: Callable[[str], None]) -> None:
        self._store = store
        self._settings = settings
        self._say = say
        remove_left_behind(store.directory)
        self._port = HeldPort(settings.grpc)
        self._consoles = [HeldPort(address) for address in console_addresses(settings.console, settings.gateways)]
        self.run_dir = Path(tempfile.mkdtemp(prefix=RUN_DIR_PREFIX))
        self._held_fd = hold(self.run_dir)
        options = ClusterOptions(
            data_dir=str(store.directory),
            run_dir=str(self.run_dir),
            country=settings.country,
            with_operators=settings.with_operators,
            fault_dir=settings.fault_dir,
        )
        options_path = self.run_dir / OPTIONS_FILE
        options_path.write_bytes(msgspec.json.encode(options))
        assert store.locked_fd is not None
        started_ms = time.time_ns() // 1_000_000
        self._running = Running(run_dir=str(self.run_dir), pid=os.getpid(), started_ms=started_ms)
        #: Whether others find us. On a full disk they do not, and we work all the same.
        self._is_noted = note_running(store.directory, self._running)
        self._cluster = Child(
            "cluster",
            [sys.executable, "-m", "actors.cluster", str(options_path)],
            store.logs / "cluster.out",
            keep_fds=(store.locked_fd, self._held_fd),
        )
        self._gateways = make_gateways(
            store,
            self.run_dir,
            grpc=self._port.address,
            consoles=[console.address for console in self._consoles],
            admission_per_second=settings.admission_per_second,
        )
        self._roll = RollCall(self.run_dir, store.identity.provinces, say)
        self._directory = DirectoryQuestion(self.run_dir)
        self._watchers: list[asyncio.Task[None]] = []
        self._is_stopping = False

    async def start(self) -> None:
        """Start the processes and keep them up."""
        adopt_orphans()
        for child in (self._cluster, *self._gateways):
            await child.start()
            self._watchers.append(asyncio.create_task(self._keep_up(child)))
        watchdog = Watchdog(self._say)
        for watching in (
            watchdog.watch_child(self._cluster, self._directory.ask),
            *(watchdog.watch_child(gateway, gateway.answers) for gateway in self._gateways),
            watchdog.watch_ray(self._cluster),
        ):
            self._watchers.append(asyncio.create_task(watching))

    async def _keep_up(self, child: Child) -> None:
        """Restart a child whenever it ends by itself.

        Raises:
            SystemFailed: it ends again and again.
        """
        deaths: list[float] = []
        while True:
            code = await child.wait()
            if self._is_stopping:
                return
            at = time.monotonic()
            deaths = [*(death for death in deaths if at - death < 60), at]
            if len(deaths) > RESTARTS_PER_MINUTE_MAX:
                raise SystemFailed(f"{child.name} ended {len(deaths)} times within a minute; see {self._store.logs}")
            self._say(f"{child.name} ended with code {code}; starting it again")
            if child is self._cluster:
                killed = await end_stragglers(self._gateways, LEFTOVER_GRACE_S)
                self._say(f"{killed} processes that it left behind were ended")
            await asyncio.sleep(0.2 * len(deaths))
            await child.start()

    async def wait_ready(self, timeout_s: float) -> Ready:
        """Wait until at every gateway every province serves, or says that it cannot, or the time is over; then a little for the coordinator.

        Raises:
            SystemFailed: a gateway does not listen within the time, a child ended for good, the headquarters stand aside, or no province
                serves.
        """
        until_s = time.monotonic() + timeout_s
        provinces_aside: dict[str, str] = {}
        for gateway in self._gateways:
            while not gateway.has_listened():
                if time.monotonic() >= until_s:
                    raise SystemFailed(
                        f"{gateway.name} does not listen after {timeout_s:.0f} s; see {self._store.logs}"
                    )
                await self._pause()
            provinces_aside |= await self._roll.call(
                gateway.own_address, self._pause, lambda: time.monotonic() >= until_s
            )
        # A time of its own: to be told that it is there takes a moment, and nobody else's silence may use that up.
        patient_s = time.monotonic() + COORDINATOR_PATIENCE_S
        aside = await self._roll.call_headquarters(self._pause, lambda: time.monotonic() >= patient_s)
        self._require_start()
        consoles = tuple(f"http://{gateway.console}" for gateway in self._gateways)
        return Ready(self._port.address, consoles, aside | provinces_aside)

    async def _tell_who_stands_aside(self) -> None:
        while True:
            await asyncio.sleep(ROLL_CALL_EVERY_S)
            self._roll.tell()
            self._is_noted = self._is_noted or note_running(self._store.directory, self._running)

    def _require_start(self) -> None:
        self._roll.tell()
        if reason := self._roll.nobody_serves_because():
            raise SystemFailed(reason)

    async def _pause(self) -> None:
        self._require_start()
        done, _ = await asyncio.wait(self._watchers, timeout=0.1)
        for watcher in done:
            watcher.result()

    async def wait_failed(self) -> None:
        """Wait until a child cannot be kept up.

        Raises:
            SystemFailed: that has happened.
        """
        self._watchers.append(asyncio.create_task(self._tell_who_stands_aside()))
        await asyncio.gather(*self._watchers)

    async def stop(self) -> None:
        """End everything in order: first the gateways finish what they accepted, then the actors, then whatever is left."""
        self._is_stopping = True
        for watcher in self._watchers:
            watcher.cancel()
        await self._directory.close()
        await asyncio.gather(*(gateway.stop(GATEWAY_GRACE_S) for gateway in self._gateways))
        for port in (self._port, *self._consoles):
            port.release()
        await self._cluster.stop(CLUSTER_GRACE_S)
        killed = await asyncio.to_thread(end_leftovers, LEFTOVER_GRACE_S)
        if killed:
            self._say(f"{killed} processes had to be killed")
        forget_running(self._store.directory)
        self._store.release()
        shutil.rmtree(self.run_dir, ignore_errors=True)
        os.close(self._held_fd)
