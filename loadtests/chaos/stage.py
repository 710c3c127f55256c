"""A live system with people at work, for one scenario: who is there, what they are given, and what can be seen of it from outside.

Use::

    async with staged(directory, provinces, tell) as stage:
        await stage.enrol(seed)
        stage.open_desks("fujian", behaviour)
        await stage.all_signed_in()
        ...
    # the system has ended in order; its journals can be verified

Everything goes over the wire or through `LiveSystem`; nothing of the system is imported.
"""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from pathlib import Path

import grpc
from google.protobuf import field_mask_pb2

from gateway.v1 import (
    admin_pb2,
    admin_pb2_grpc,
    event_pb2,
    monitor_pb2,
    monitor_pb2_grpc,
    operator_pb2,
    operator_pb2_grpc,
    province_pb2,
    province_pb2_grpc,
    task_pb2,
)
from loadtests.branch import BranchSystem
from loadtests.catalogue import Branch, Kind, read_branches, read_kinds
from loadtests.chaos.findings import RowFailed
from loadtests.chaos.system import LiveSystem
from loadtests.desks import DeskOperator, Workbench
from loadtests.handling import Behaviour
from loadtests.preparation import enrol
from loadtests.roster import Person, make_roster
from loadtests.watch import EventWatch, PictureWatch
from loadtests.wire import (
    DEADLINE_S,
    DevelopmentTokens,
    RequestIds,
    bearer,
    call_patiently,
    open_channel,
    read_development_tokens,
)

#: Everybody must have signed in by then.
SIGN_IN_MAX_S = 60.0
#: Tasks in one call, and how long all answers may take.
BATCH_MAX = 500
CREATE_MAX_S = 60.0
#: The national picture, made twice a second, must show what a province has on its disk by then.
PICTURE_MAX_S = 30.0
#: Pause between two looks at something that is waited for.
LOOK_EVERY_S = 0.02
#: The longest wait that a policy can name (a week): practically never.
NEVER_MS = 604_800_000


class Stage:
    """One system, its operators' desks and its branch systems. Made by `staged`."""

    def __init__(self, system: LiveSystem, tokens: DevelopmentTokens) -> None:
        self.system = system
        self.tokens = tokens
        self.kinds: list[Kind] = []
        self.branches: list[Branch] = []
        self.people: list[Person] = []
        self.benches: dict[str, Workbench] = {}
        #: External id -> name of every task that the system has acknowledged.
        self.created: dict[str, str] = {}
        self._channels: list[grpc.aio.Channel] = []
        self._jobs: list[asyncio.Task[None]] = []
        self._at_desks: dict[str, asyncio.Task[None]] = {}
        self._systems: dict[str, BranchSystem] = {}
        self._numbers = itertools.count(1)
        self._request_ids = RequestIds("row")
        self.control = self.open_channel()
        self._policies = province_pb2_grpc.ProvinceServiceStub(self.control)
        self._operators = operator_pb2_grpc.OperatorServiceStub(self.control)

    def open_channel(self, through: str = "") -> grpc.aio.Channel:
        """A connection of its own; closed with the stage.

        Args:
            through: address of a cable that leads to the system; empty: none does.
        """
        channel = open_channel(through or self.system.grpc)
        self._channels.append(channel)
        return channel

    # --- people ---

    async def enrol(self, seed: int, times: int = 1) -> None:
        """Draw a roster for all provinces, so many times the usual one, and put it on."""
        self.kinds = await read_kinds(self.control, self.tokens.ops)
        self.branches = await read_branches(self.control, self.tokens.ops)
        self.people = make_roster(seed, self.branches, self.kinds, times)
        await enrol(self.control, self.tokens.ops, self.people)

    def open_desks(
        self,
        province: str,
        behaviour: Behaviour,
        *,
        name: str = "desks",
        places: slice = slice(None),
        through: str = "",
    ) -> Workbench:
        """Seat a province's people (or those of some places on its roster), who sign in at once; see `all_signed_in`.

        Args:
            through: as of `open_channel`.
        """
        people = [person for person in self.people if person.province == province][places]
        bench = Workbench(
            self.open_channel(through),
            self.tokens.desk[province],
            [DeskOperator(operator=person.operator, authority=person.authority) for person in people],
            behaviour,
            desk_id=f"{province}-{name}",
        )
        key = province if name == "desks" else f"{province}-{name}"
        self.benches[key], self._at_desks[key] = bench, self._start(bench.run())
        return bench

    async def close_desks(self, name: str) -> None:
        """Sign the people of a bench (a key of `benches`) out and end its stream, as when they go home."""
        await self.benches.pop(name).stop()
        job = self._at_desks.pop(name)
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)

    async def all_signed_in(self) -> None:
        """Wait until everybody who has a desk is signed in.

        Raises:
            RowFailed: not in time.
        """
        try:
            async with asyncio.timeout(SIGN_IN_MAX_S):
                await asyncio.gather(*(bench.wait_signed_in() for bench in self.benches.values()))
        except TimeoutError:
            raise RowFailed(f"not everybody could sign in within {SIGN_IN_MAX_S:.0f} s") from None

    # --- work ---

    def tasks(self, count: int, kinds: Sequence[str]) -> list[task_pb2.Task]:
        """So many new tasks, the kinds in turn."""
        return [
            task_pb2.Task(external_id=f"row-{next(self._numbers):06d}", kind=kinds[index % len(kinds)])
            for index in range(count)
        ]

    async def create(self, province: str, tasks: Sequence[task_pb2.Task]) -> list[str]:
        """Send tasks as their branch would; returns their names when all are on the system's disk.

        Raises:
            RowFailed: one was refused for good, or not all in time.
        """
        system = self._branch_system(province)
        batches = [tasks[start : start + BATCH_MAX] for start in range(0, len(tasks), BATCH_MAX)]
        await asyncio.gather(*(system.create_batch(batch) for batch in batches))
        wanted = [task.external_id for task in tasks]

        def is_done() -> bool:
            return bool(system.refused) or all(external in self.created for external in wanted)

        if await until(is_done, CREATE_MAX_S) is None or system.refused:
            raise RowFailed(f"tasks of {province} were not created: {[str(one) for one in system.refused[:3]]}")
        return [self.created[external] for external in wanted]

    def _branch_system(self, province: str) -> BranchSystem:
        known = self._systems.get(province)
        if known is not None:
            return known
        system = BranchSystem(self.open_channel(), self.tokens.branch[province], province, self.created.__setitem__)
        self._systems[province] = system
        self._start(system.run())
        return system

    async def set_standard_minutes(self, kind: str, minutes: int) -> None:
        """Change how long the system believes a kind of work to take."""
        request = operator_pb2.UpdateTaskKindRequest(
            task_kind=operator_pb2.TaskKind(name=f"taskKinds/{kind}", standard_minutes=minutes),
            update_mask=field_mask_pb2.FieldMask(paths=["standard_minutes"]),
            request_id=self._request_ids(),
        )
        await call_patiently(
            lambda: self._operators.UpdateTaskKind(request, metadata=bearer(self.tokens.ops), timeout=DEADLINE_S)
        )

    # --- policy ---

    async def set_policy(self, province: str, **fields: int) -> None:
        """Change these fields of a province's sharing policy."""
        policy = province_pb2.SharingPolicy(name=f"provinces/{province}/sharingPolicy")
        for name, value in fields.items():
            setattr(policy, name, value)
        request = province_pb2.UpdateSharingPolicyRequest(
            sharing_policy=policy,
            update_mask=field_mask_pb2.FieldMask(paths=list(fields)),
            reason="a row of the fault table",
            request_id=self._request_ids(),
        )
        await call_patiently(
            lambda: self._policies.UpdateSharingPolicy(request, metadata=bearer(self.tokens.ops), timeout=DEADLINE_S)
        )

    async def keep_work_home(self, provinces: Iterable[str]) -> None:
        """Let these provinces share nothing by themselves, however long the wait; an outage still evacuates."""
        for province in provinces:
            await self.set_policy(
                province,
                share_out_mode=province_pb2.SHARE_OUT_MODE_OVERFLOW,
                activation_wait_ms=NEVER_MS,
                release_wait_ms=NEVER_MS,
            )

    async def evacuate(self, province: str) -> None:
        """Order the evacuation of a province, as ops would in a snowstorm."""
        request = province_pb2.EvacuateProvinceRequest(
            name=f"provinces/{province}", reason="a row of the fault table", request_id=self._request_ids()
        )
        await call_patiently(
            lambda: self._policies.EvacuateProvince(request, metadata=bearer(self.tokens.ops), timeout=DEADLINE_S)
        )

    # --- what can be seen ---

    def watch(
        self, on_event: Callable[[event_pb2.Event], None], provinces: Sequence[str] = (), *, after_position: int = 0
    ) -> None:
        """Follow the events of these (default: all) provinces."""
        watch = EventWatch(
            self.open_channel(),
            self.tokens.ops,
            provinces or self.system.provinces,
            on_event,
            after_position=after_position,
        )
        self._start(watch.run())

    def follow_pictures(self, on_picture: Callable[[monitor_pb2.Overview], None]) -> None:
        """Follow the national picture."""
        self._start(PictureWatch(self.open_channel(), self.tokens.ops, on_picture).run())

    async def pictured(self, province: str) -> None:
        """Wait until the national picture counts everything that the province has on its disk now.

        Raises:
            RowFailed: not in time.
        """
        head = (await self.runtime(province)).sequence
        stub = monitor_pb2_grpc.MonitorServiceStub(self.control)
        request = monitor_pb2.GetOverviewRequest()

        try:
            async with asyncio.timeout(PICTURE_MAX_S):
                while True:
                    picture = await call_patiently(
                        lambda: stub.GetOverview(request, metadata=bearer(self.tokens.ops), timeout=DEADLINE_S)
                    )
                    if any(seen.province == province and seen.sequence >= head for seen in picture.provinces):
                        return
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            raise RowFailed(f"the picture does not show frame {head} of {province}") from None

    async def runtime(self, province: str) -> admin_pb2.ProvinceRuntime:
        """Process and journal head of a province."""
        stub = admin_pb2_grpc.AdminServiceStub(self.control)
        request = admin_pb2.ListProvinceRuntimesRequest()
        answer = await call_patiently(
            lambda: stub.ListProvinceRuntimes(request, metadata=bearer(self.tokens.ops), timeout=DEADLINE_S)
        )
        return next(runtime for runtime in answer.province_runtimes if runtime.province == province)

    # --- the end ---

    def _start(self, job: "asyncio._CoroutineLike[None]") -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(job)
        self._jobs.append(task)
        return task

    async def close(self) -> None:
        """Everybody signs out; all connections are closed."""
        for system in self._systems.values():
            system.stop()
        await asyncio.gather(*(bench.stop() for bench in self.benches.values()), return_exceptions=True)
        for job in self._jobs:
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)
        await asyncio.gather(*(channel.close() for channel in self._channels), return_exceptions=True)


@contextlib.asynccontextmanager
async def staged(directory: Path, provinces: Sequence[str], tell: Callable[[str], None]) -> AsyncIterator[Stage]:
    """A started system without operators, for the length of a block; it is ended in order, or killed if the block failed.

    Raises:
        SystemDown: it did not start.
        RowFailed: it did not end when asked to.
    """
    system = LiveSystem(directory, provinces)
    await system.start()
    tell(f"{len(system.provinces)} provinces serve after {system.startup_s:.1f} s")
    stage = Stage(system, read_development_tokens(system.data_dir))
    try:
        yield stage
        await stage.close()
        if not await system.stop():
            raise RowFailed("the system did not end when asked to")
    finally:
        system.kill_tree()
        await system.wait_gone()


@contextlib.asynccontextmanager
async def meanwhile(*jobs: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Let jobs without an end go on for the length of a block.

    Raises:
        Exception: whatever one of them failed by, at the end of the block: what was measured without it is of another country.
    """
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in outcomes:
        # That it was cancelled is no failure, nor an `Exception`.
        if isinstance(outcome, Exception):
            raise outcome


async def until(condition: Callable[[], bool], within_s: float) -> float | None:
    """Wait for a condition; how long it took, seconds, or None if it did not come about in time."""
    began_s = time.monotonic()
    while not condition():
        if time.monotonic() - began_s > within_s:
            return None
        await asyncio.sleep(LOOK_EVERY_S)
    return time.monotonic() - began_s
