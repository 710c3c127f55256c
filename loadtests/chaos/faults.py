"""The faults: for each kind what is done to the real system, and how it is undone. What a kind is allowed is in `schedule.KINDS`.

Each is an asynchronous context: entering it does the harm, leaving it heals. Whatever was stopped is let go on again, whoever it was.
Whom a harm is done to is found by `victims`.
"""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable

from gateway.v1 import work_pb2
from loadtests.chaos.calls import Caller, Recorded
from loadtests.chaos.history import Operation
from loadtests.chaos.processes import COORDINATOR, Process
from loadtests.chaos.proxy import Mode
from loadtests.chaos.victims import LOOK_EVERY_S, NotHit, Victims

FSYNC_DELAY_MS = 2_000
HOUR_MS = 3_600_000
MONTH_MS = 30 * 24 * HOUR_MS
#: Requests sent again by one fault, and void completions tried; and for how long, however slow the answers are.
REPEATED_MAX = 40
VOID_MAX = 20
REPEAT_MAX_S = 2.0
#: New tasks that are each created twice at the same moment.
DOUBLED_MAX = 5


Harm = Callable[[Victims, str], contextlib.AbstractAsyncContextManager[None]]


def _sending(number: signal.Signals) -> Callable[[Process], bool]:
    return lambda victim: victim.signal(number)


def _killing(role: str) -> Harm:
    @contextlib.asynccontextmanager
    async def harm(victims: Victims, province: str) -> AsyncIterator[None]:
        struck = role or province
        victims.killed[struck] = await victims.strike(struck, _sending(signal.SIGKILL))
        yield

    return harm


def _stopping(role: str) -> Harm:
    @contextlib.asynccontextmanager
    async def harm(victims: Victims, province: str) -> AsyncIterator[None]:
        victim = await victims.strike(role or province, _sending(signal.SIGSTOP))
        try:
            yield
        finally:
            victim.signal(signal.SIGCONT)

    return harm


def _file(name: str, value: int | str) -> Harm:
    @contextlib.asynccontextmanager
    async def harm(victims: Victims, province: str) -> AsyncIterator[None]:
        with victims.file_fault(province, name, value):
            yield

    return harm


@contextlib.asynccontextmanager
async def _file_size_limit(victims: Victims, province: str) -> AsyncIterator[None]:
    """The kernel refuses every write of the process to any file, with EFBIG."""
    victim = await victims.strike(province, lambda victim: victim.limit_file_size(is_full=True))
    with victims.size_limit(victim):
        yield


def _cable(mode: Mode) -> Harm:
    @contextlib.asynccontextmanager
    async def harm(victims: Victims, province: str) -> AsyncIterator[None]:
        with victims.cable_fault(province, mode):
            yield

    return harm


def _silence(*, whole_site: bool) -> Harm:
    """Desks freeze: all of a site, or one workbench of two."""

    @contextlib.asynccontextmanager
    async def harm(victims: Victims, province: str) -> AsyncIterator[None]:
        benches = victims.benches[province] if whole_site else victims.benches[province][-1:]
        if not benches:
            raise NotHit(f"nobody has a desk in {province}")
        with contextlib.ExitStack() as silent:
            for bench in benches:
                silent.enter_context(victims.silence(bench))
            yield

    return harm


# --- requests that come twice, in another order, or a month late ---


@contextlib.asynccontextmanager
async def _doubled(victims: Victims, province: str) -> AsyncIterator[None]:
    """The latest requests once more, each twice at the same moment; and new ones twice from the start."""
    latest = _latest(victims, province)
    branch = victims.branches[province]
    repeated = [_repeat(victims, province, recorded) for recorded in (*latest, *latest)]
    await asyncio.gather(*repeated, *(branch.create_doubled(REPEAT_MAX_S) for _ in range(DOUBLED_MAX)))
    yield


@contextlib.asynccontextmanager
async def _reordered(victims: Victims, province: str) -> AsyncIterator[None]:
    """The latest requests once more, the last first."""
    loop = asyncio.get_running_loop()
    until = loop.time() + REPEAT_MAX_S
    latest = _latest(victims, province)
    if not latest:
        raise NotHit(f"{province} has sent nothing that could be sent again")
    for recorded in reversed(latest):
        if loop.time() < until:
            await _repeat(victims, province, recorded)
    yield


@contextlib.asynccontextmanager
async def _month_old(victims: Victims, province: str) -> AsyncIterator[None]:
    """A month later by the province's own clock: the oldest requests once more, and completions whose tokens are void."""
    recorder = victims.recorders[province]
    oldest, void = recorder.oldest[:REPEATED_MAX], list(recorder.void)[:VOID_MAX]
    if not oldest and not void:
        raise NotHit(f"{province} has sent nothing that could be sent again")
    with victims.file_fault(province, "clock_offset_ms", MONTH_MS):
        # The province looks at its file every 50 ms.
        await asyncio.sleep(2 * LOOK_EVERY_S)
        await asyncio.gather(
            *(_repeat(victims, province, recorded) for recorded in oldest),
            *(_complete_void(victims, province, request) for request, _ in void),
        )
        yield


def _latest(victims: Victims, province: str) -> list[Recorded]:
    return list(victims.recorders[province].latest)[-REPEATED_MAX:]


async def _repeat(victims: Victims, province: str, recorded: Recorded) -> None:
    await _caller(victims, province, recorded.operation).repeat(recorded, give_up_s=REPEAT_MAX_S)


async def _complete_void(victims: Victims, province: str, request: work_pb2.CompleteAssignmentRequest) -> None:
    operation = Operation(
        kind="complete",
        identity=f"desk:{province}",
        province=province,
        request_id=request.request_id,
        operator=request.operator,
        task=request.task,
        token=request.token,
        verdict=request.verdict,
        amount_fen=request.amount_fen,
        invoked_s=0.0,
    )
    await victims.desks[province].call("complete", request, operation, give_up_s=REPEAT_MAX_S)


def _caller(victims: Victims, province: str, operation: Operation) -> Caller:
    """Who sent it the first time."""
    desk = victims.desks[province]
    return desk if operation.identity == desk.identity else victims.branches[province].caller


HARMS: dict[str, Harm] = {
    "province_kill": _killing(""),
    "province_stop": _stopping(""),
    "coordinator_kill": _killing(COORDINATOR),
    "coordinator_stop": _stopping(COORDINATOR),
    "gateway_kill": _killing("gateway"),
    "gateway_stop": _stopping("gateway"),
    "gcs_kill": _killing("gcs"),
    "raylet_kill": _killing("raylet"),
    "disk_full": _file("store", "full"),
    "disk_readonly": _file("store", "readonly"),
    "file_size_limit": _file_size_limit,
    "fsync_slow": _file("fsync_delay_ms", FSYNC_DELAY_MS),
    "clock_forward": _file("clock_offset_ms", HOUR_MS),
    "clock_back": _file("clock_offset_ms", -HOUR_MS),
    "connection_cut": _cable(Mode.CUT),
    "connection_half_open": _cable(Mode.BLACKHOLE),
    "connection_slow": _cable(Mode.DELAY),
    "requests_doubled": _doubled,
    "requests_reordered": _reordered,
    "requests_month_old": _month_old,
    "desks_frozen": _silence(whole_site=False),
    "site_silent": _silence(whole_site=True),
}
