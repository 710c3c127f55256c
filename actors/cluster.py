"""The supervisor: starts the actors on Ray, watches them by its own heartbeats, kills the frozen ones.

Run as ``python -m actors.cluster OPTIONS.json``; `sharedops serve` starts it as a child and restarts it if it dies.

Ray starts the actor processes and restarts those that die. It does not see one that is stopped or hangs: so the supervisor pings every
actor over its socket and, when there is no answer, looks at the process. One in state T (stopped) is killed at once, by pid; one that is
only slow (a long fsync, a starved core) gets `SILENCE_MAX_S`. The directory of addresses lives here, too: gateways and actors learn from
it who lives where, and a closed connection to it is the fastest sign of a death.
"""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import structlog

from actors import logs, protocol
from actors.cluster_options import REFUSALS, ClusterOptions
from actors.coordinator import CoordinatorActor, CoordinatorOptions
from actors.core.calendar import BranchCalendar
from actors.country_file import load_country
from actors.process_state import STOPPED, process_state
from actors.process_ties import adopt_orphans
from actors.province import ProvinceActor
from actors.province_options import ProvinceOptions
from actors.ray_start import start_ray
from actors.standing_aside import refusing
from actors.store import HQ, LOST_RUNBOOK, read_store
from actors.transport import Directory, DirectoryClient, Entry, Link, TransportError
from actors.worker_forks import WorkerForks

_log = structlog.get_logger(__name__)

PING_EVERY_S = 0.5
#: Without an answer for this long, the process is looked at.
SUSPECT_AFTER_S = 1.5
#: A process that runs but does not answer for this long is killed all the same.
SILENCE_MAX_S = 15.0
#: Pause before Ray is asked once more whether an actor could be made.
ASK_AGAIN_S = 1.0


class Watched:
    """What the supervisor knows of one actor: where it is, and when it last gave a sign of life.

    At most one ping is on its way. Its answer counts whenever it comes: an actor whose every fsync takes two seconds answers each ping
    late, and that is an answer. (With a time limit on each ping, no answer would ever have counted, and a slow disk was taken for a
    freeze.)
    """

    def __init__(self, name: str) -> None:
        self.link = Link("supervisor", on_push=lambda _: None, on_state=lambda _: None)
        self.name = name
        self.entry: Entry | None = None
        self.answered_s = time.monotonic()
        self.killed_epoch = -1
        #: Set when an incarnation is gone, be it one that stood aside: Ray makes the next one, if it can be made.
        self.gone = asyncio.Event()
        self._ping: asyncio.Future[bytes] | None = None

    def changed(self, entry: Entry | None) -> None:
        """An incarnation has registered, or (None) is gone."""
        self.entry = entry
        self.answered_s = time.monotonic()
        self.link.connect_to(entry.address if entry else None)
        if entry is None:
            self.gone.set()

    def ask(self) -> None:
        """Send a ping, unless one is on its way or nobody is there."""
        if self.entry is None or (self._ping is not None and not self._ping.done()):
            return
        with contextlib.suppress(TransportError):
            self._ping = self.link.call_soon(protocol.encode(protocol.Ping()))
            self._ping.add_done_callback(self._answered)

    def _answered(self, ping: "asyncio.Future[bytes]") -> None:
        if not ping.cancelled() and ping.exception() is None:
            self.answered_s = time.monotonic()


class Supervisor:
    """Directory, heartbeats and the executioner."""

    def __init__(self, names: list[str], run_dir: Path) -> None:
        self.directory = Directory(on_change=self._changed)
        self._run_dir = run_dir
        #: What stands in the directory for actors that could not start.
        self._stand_ins: list[DirectoryClient] = []
        self._refusals_path = run_dir / REFUSALS
        self._refusals_path.unlink(missing_ok=True)  # those of a supervisor before us
        #: Journals whose actors stand aside -> why.
        self._refusals: dict[str, str] = {}
        self._watched = {name: Watched(name) for name in names}

    def _changed(self, entry: Entry, present: bool) -> None:
        if entry.name.startswith(protocol.REFUSAL_PREFIX):
            self._refusal_changed(entry, present)
            return
        watched = self._watched.get(entry.name)
        if watched is None:
            return
        watched.changed(entry if present else None)
        _log.info("actor", name=entry.name, epoch=entry.epoch, pid=entry.pid, present=present)

    def _refusal_changed(self, entry: Entry, present: bool) -> None:
        """Write down who stands aside, for the outer supervisor to say."""
        name, reason = entry.name.removeprefix(protocol.REFUSAL_PREFIX), entry.detail.get(protocol.REFUSAL_REASON, "")
        journal = HQ if name == protocol.COORDINATOR else name.removeprefix(protocol.PROVINCE_PREFIX)
        if present:
            self._refusals[journal] = reason
        else:
            self._refusals.pop(journal, None)
            if name in self._watched:
                self._watched[name].gone.set()
        _log.error("actor stands aside" if present else "actor tries again", name=name, reason=reason)
        draft = self._refusals_path.with_suffix(".new")
        try:
            draft.write_bytes(msgspec.json.encode(self._refusals))
            draft.replace(self._refusals_path)
        except OSError as error:  # no room: the gateways know it all the same, from the directory
            _log.error("cannot write down who stands aside", error=str(error))

    def gone(self, name: str) -> asyncio.Event:
        """Set whenever an incarnation of an actor is gone; whoever waits for it clears it."""
        return self._watched[name].gone

    def note_cannot_start(self, name: str, cause: str) -> None:
        """An actor's constructor raised, so it is gone for good and can say nothing: stand aside in its name."""
        province = name.removeprefix(protocol.PROVINCE_PREFIX)
        who = f"the {name}" if name == protocol.COORDINATOR else f"province {province}"
        stand_in = refusing(self._run_dir, name, f"{who} cannot start: {cause}; what to do: {LOST_RUNBOOK}")
        self._stand_ins.append(stand_in)
        stand_in.start()

    async def close(self) -> None:
        """Close the directory."""
        for stand_in in self._stand_ins:
            await stand_in.close()
        await self.directory.close()

    async def watch_for_ever(self) -> None:
        """Ping all actors, look after those that do not answer."""
        while True:
            asked_s = time.monotonic()
            for watched in self._watched.values():
                watched.ask()
            await asyncio.sleep(PING_EVERY_S)
            stalled_s = time.monotonic() - asked_s - 2 * PING_EVERY_S
            for watched in self._watched.values():
                if stalled_s > 0:
                    # It was we who stood still: nobody's silence counts in it.
                    watched.answered_s += stalled_s
                self._look_after(watched)

    def _look_after(self, watched: Watched) -> None:
        entry = watched.entry
        if entry is None or entry.epoch == watched.killed_epoch:
            return
        silent_s = time.monotonic() - watched.answered_s
        if silent_s < SUSPECT_AFTER_S:
            return
        state = process_state(entry.pid)
        if state in STOPPED or silent_s >= SILENCE_MAX_S:
            _log.warning("killing", name=entry.name, pid=entry.pid, state=state, silent_s=round(silent_s, 1))
            watched.killed_epoch = entry.epoch
            with contextlib.suppress(ProcessLookupError):
                os.kill(entry.pid, signal.SIGKILL)


def start_actors(ray: Any, options: ClusterOptions) -> list[Any]:
    """Ask Ray for all actors at once, the coordinator first, then the provinces in the store's order; they come up concurrently."""
    data_dir = Path(options.data_dir)
    store = read_store(data_dir)
    country = load_country(Path(options.country) if options.country else None)
    life = {
        "num_cpus": 0,
        "max_restarts": -1,
        "max_task_retries": 0,
        "lifetime": "detached",
        "max_pending_calls": 100,
        "max_concurrency": 100,
    }
    province_class = ray.remote(ProvinceActor)
    settings = {entry.province: entry for entry in country.provinces}
    common = {"store_id": store.store_id, "run_dir": options.run_dir, "logs_dir": str(store.logs)}
    handles = [
        ray.remote(CoordinatorActor)
        .options(name=protocol.COORDINATOR, **life)
        .remote(
            CoordinatorOptions(
                journal_path=str(store.journal_path(HQ)),
                provinces=tuple(store.identity.provinces),
                kinds=country.kinds,
                **common,
            )
        )
    ]
    for code in store.identity.provinces:
        operators = tuple(person for person in country.operators if person.province == code)
        handles.append(
            province_class.options(name=protocol.province_name(code), **life).remote(
                ProvinceOptions(
                    province=code,
                    journal_path=str(store.journal_path(code)),
                    hq_journal_path=str(store.journal_path(HQ)),
                    may_begin=not store.identity.complete,
                    settings=settings[code],
                    limits=country.limits,
                    kinds=country.kinds,
                    operators=operators if options.with_operators else (),
                    calendar=country.calendars.get(code, BranchCalendar()),
                    fault_dir=options.fault_dir,
                    **common,
                )
            )
        )
    return handles


async def supervise(options: ClusterOptions) -> None:
    """Start everything, watch it until told to stop.

    Raises:
        Exception: whatever ended the watching; everything was ended in order before.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    _stop_on_signals(loop, stopped)
    store = read_store(Path(options.data_dir))
    names = [protocol.COORDINATOR, *(protocol.province_name(code) for code in store.identity.provinces)]
    supervisor = Supervisor(names, Path(options.run_dir))
    await supervisor.directory.listen(options.run_dir)
    adopt_orphans()  # of the process that forks workers: else they would look like what a dead child of the outer supervisor left behind
    forks = WorkerForks(Path(options.run_dir))
    ray = await loop.run_in_executor(None, start_ray, Path(options.run_dir), forks)
    _stop_on_signals(loop, stopped)  # once more: Ray has put handlers of its own in their place
    handles = start_actors(ray, options)
    starts = [
        loop.create_task(note_failed_start(handle.ready.remote, name, supervisor, failure=ray.exceptions.RayError))
        for name, handle in zip(names, handles, strict=True)
    ]
    watching, keeping = loop.create_task(supervisor.watch_for_ever()), loop.create_task(forks.keep_for_ever())
    stopping = loop.create_task(stopped.wait())
    await asyncio.wait((stopping, watching, keeping), return_when=asyncio.FIRST_COMPLETED)
    for task in (watching, keeping, *starts):
        task.cancel()
    _log.info("stopping", actors=len(handles))
    await loop.run_in_executor(None, ray.shutdown)
    await supervisor.close()
    # A bug there ends us; unsaid, it would look like an end in good order.
    for ended in (watching, keeping):
        if ended.done() and not ended.cancelled():
            ended.result()


async def note_failed_start(
    ready: Callable[[], Awaitable[object]], name: str, supervisor: Supervisor, *, failure: type[Exception]
) -> None:
    """Wait until an actor is ready, at the start and each time that Ray makes it again.

    Returns when its constructor has raised, so that it never will be, and everybody has been let know.

    Args:
        ready: asks Ray, which answers when the actor has been made.
        name: the actor's name in the directory.
        failure: the root of Ray's own errors.
    """
    gone = supervisor.gone(name)
    while True:
        # Before the question: an incarnation that ends while it is asked is asked after once more.
        gone.clear()
        try:
            await ready()
        except failure as error:
            if "creation task" in str(error):
                _log.error("actor cannot start", name=name, error=str(error))
                supervisor.note_cannot_start(name, str(error).strip().splitlines()[-1])
                return
            # It died over the question, or is just being made again.
            await asyncio.sleep(ASK_AGAIN_S)
        else:
            await gone.wait()


def _stop_on_signals(loop: asyncio.AbstractEventLoop, stopped: asyncio.Event) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.remove_signal_handler(number)
        loop.add_signal_handler(number, stopped.set)


def main() -> None:
    """Entry point of the supervisor process."""
    options = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=ClusterOptions)
    logs.configure(Path(options.data_dir) / "logs" / "supervisor.log")
    asyncio.run(supervise(options))


if __name__ == "__main__":
    main()
