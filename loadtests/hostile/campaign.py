"""The whole campaign against one running system, and the verdict.

Attacks are drawn from a seed, so two campaigns of one seed send the same bytes. Each worker sends one attack after the other; the workers
share a few connections.
"""

import asyncio
import contextlib
import itertools
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio

from gateway.v1 import admin_pb2, admin_pb2_grpc, province_pb2, province_pb2_grpc, task_pb2, task_pb2_grpc
from loadtests.hostile.callers import Callers
from loadtests.hostile.connections import Connections, rapid_reset
from loadtests.hostile.honest import HonestClient
from loadtests.hostile.messages import FAMILIES, INFLATED, LARGE_FAMILIES, VALID
from loadtests.hostile.methods import Method, Target, every_method, sample
from loadtests.hostile.sending import Attack, Sender
from loadtests.hostile.streams import Streams
from loadtests.hostile.tally import Tally
from loadtests.wire import DevelopmentTokens, RequestIds, bearer, open_channel

#: Connections that the attackers share.
CHANNELS = 4
#: Attacks under way at once.
WORKERS = 64
#: Of a thousand attacks, how many are of these forms; the rest are the cheap families of messages.
WRONGFUL_PERMILLE = 100
FOREIGN_PERMILLE = 60
WRONG_PATH_PERMILLE = 20
STREAM_PERMILLE = 30
#: Messages of megabytes, and resets of one connection, in a campaign of any length.
LARGE_MAX = 150
RESETS_MAX = 3_000
#: One in so many attacks of a short campaign is large, or a reset.
_RARE_SHARE = 20
#: Between two rescues of the attackers' province, seconds.
_REVIVE_EVERY_S = 0.5
#: A list that changes while it is read is read again so often.
_LISTINGS_MAX = 5
_WRONG_PATHS = (
    "/sharedops.v1.TaskService/BurnTask",
    "/sharedops.v1.TaskService/CreateTask/",
    "/sharedops.v1.TaskService",
    "/sharedops.v2.TaskService/CreateTask",
    "/grpc.health.v1.Health/",
    "//",
    "/../../etc",
    "/%00/%ff",
    "/" + "a" * 3_000,
)
#: Services whose identities are bound to a province.
_BOUND_SERVICES = ("TaskService", "WorkService", "EventService")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to send and to whom."""

    address: str
    tokens: DevelopmentTokens
    #: The attackers' province, and the honest client's.
    own: str
    foreign: str
    #: A kind of task that exists.
    kind: str
    count: int
    seed: int
    #: No attack begins after this, seconds.
    seconds_max: float


@dataclass(frozen=True, slots=True)
class Identity:
    """Which processes answer: the gateway by its start, each province by its process and epoch."""

    gateway: tuple[str, int]
    provinces: Mapping[str, tuple[int, int]]


class Campaign:
    """Use: `run`, then `result`."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._rng = random.Random(plan.seed)
        self._target = Target(plan.own, plan.kind)
        self._methods = every_method()
        self._callers = Callers(plan.tokens, plan.own)
        self.tally = Tally()
        self._honest = HonestClient(plan.address, plan.tokens.branch[plan.foreign], plan.foreign, plan.kind)
        self._connections = Connections(plan.address, self.tally)
        self._numbers = itertools.count(1)
        self._seconds = 0.0
        self._crashes: list[str] = []
        self._stored = 0
        self._lost = 0

    async def run(self) -> None:
        """Everything, one after the other; returns when the system has been looked at afterwards."""
        async with AsyncExitStack() as stack:
            channels = [await stack.enter_async_context(open_channel(self._plan.address)) for _ in range(CHANNELS)]
            before = await self._identity(channels[0])
            known = await self._listed(channels[0])
            honest = asyncio.create_task(self._honest.run())
            self._connections.hold()
            reviving = asyncio.create_task(self._revive(channels[0]))
            began_s = time.monotonic()
            await self._attack(channels, began_s + self._plan.seconds_max)
            self._seconds = time.monotonic() - began_s
            self._honest.stop()
            await honest
            reviving.cancel()
            await self._connections.close()
            self._crashes = _differences(before, await self._identity(channels[0]))
            acknowledged = self.tally.created | self._honest.created
            found = await self._settled(channels[0], known | acknowledged)
            self._stored = len(found - known - acknowledged)
            self._lost = len(acknowledged - found)

    async def _attack(self, channels: Sequence[grpc.aio.Channel], until_s: float) -> None:
        attacks = self._attacks()

        async def work(number: int) -> None:
            channel = channels[number % len(channels)]
            sender = Sender(channel, self.tally)
            streams = Streams(channel, self.tally, self._callers, self._target, self._plan.foreign, self._methods)
            for attack in attacks:
                if time.monotonic() > until_s:
                    return
                if attack is None:
                    await streams.play(self._rng, next(self._numbers))
                else:
                    await sender.send(attack)

        workers = [asyncio.create_task(work(number)) for number in range(min(WORKERS, self._plan.count))]
        await asyncio.gather(*workers)
        create = next(method for method in self._methods if method.name == "CreateTask")
        body = FAMILIES["bad UTF-8"](self._rng, sample(create.request, self._target, 0))
        resets = min(RESETS_MAX, self._plan.count // _RARE_SHARE)
        await rapid_reset(self._plan.address, self.tally, create, body, self._callers.rightful(create), resets)

    def _attacks(self) -> Iterator[Attack | None]:
        """As many attacks as are planned; None: a scenario of streams."""
        large = min(LARGE_MAX, self._plan.count // _RARE_SHARE)
        large_every = max(1, self._plan.count // max(1, large))
        for number in itertools.count():
            if self.tally.messages >= self._plan.count:
                return
            draw = self._rng.randrange(1_000)
            if large and number % large_every == large_every - 1:
                yield self._mutated(LARGE_FAMILIES)
            elif draw < STREAM_PERMILLE:
                yield None
            elif draw < STREAM_PERMILLE + WRONGFUL_PERMILLE:
                yield self._wrongful()
            elif draw < STREAM_PERMILLE + WRONGFUL_PERMILLE + FOREIGN_PERMILLE:
                yield self._foreign()
            elif draw < STREAM_PERMILLE + WRONGFUL_PERMILLE + FOREIGN_PERMILLE + WRONG_PATH_PERMILLE:
                yield self._astray()
            else:
                yield self._mutated(FAMILIES)

    async def _revive(self, channel: grpc.aio.Channel) -> None:
        """Resume the attackers' province again and again: suspended by one of the first messages, it would refuse all others unread."""
        stub = province_pb2_grpc.ProvinceServiceStub(channel)
        ids = RequestIds("revive")
        while True:
            request = province_pb2.ResumeProvinceRequest(
                name=f"provinces/{self._plan.own}", reason="over", request_id=ids()
            )
            with contextlib.suppress(grpc.aio.AioRpcError):
                await stub.ResumeProvince(request, metadata=bearer(self._plan.tokens.ops), timeout=_REVIVE_EVERY_S)
            await asyncio.sleep(_REVIVE_EVERY_S)

    # --- attacks ---

    def _mutated(self, families: Mapping[str, Any]) -> Attack:
        number = next(self._numbers)
        method = self._methods[number % len(self._methods)]
        family = self._rng.choice(tuple(families))
        body = families[family](self._rng, sample(method.request, self._target, number))
        return Attack(family, method, body, self._callers.rightful(method), is_compressed=family == INFLATED)

    def _wrongful(self) -> Attack:
        number = next(self._numbers)
        method = self._methods[number % len(self._methods)]
        trick, metadata = self._callers.wrongful(self._rng, method)
        body = VALID(self._rng, sample(method.request, self._target, number))
        # Health and reflection answer anybody.
        is_trespass = method.path.startswith("/sharedops.")
        return Attack(trick, method, body, metadata, is_trespass)

    def _foreign(self) -> Attack:
        """A right message about another province's things, from somebody who has no business there."""
        number = next(self._numbers)
        method = self._rng.choice([method for method in self._methods if method.service in _BOUND_SERVICES])
        body = VALID(self._rng, sample(method.request, Target(self._plan.foreign, self._plan.kind), number))
        metadata = self._callers.desk() if method.service == "WorkService" else self._callers.branch()
        # Batches and streams are answered item by item; what they acknowledge is looked at in the end. A heartbeat is for nobody.
        is_trespass = not (method.takes_stream or "Batch" in method.name or method.name == "Heartbeat")
        return Attack("another branch's", method, body, metadata, is_trespass)

    def _astray(self) -> Attack:
        """A message to a path that is no method."""
        method = self._rng.choice(self._methods)
        astray = Method(self._rng.choice(_WRONG_PATHS), method.request, is_answered_by_stream=False, takes_stream=False)
        return Attack("wrong path", astray, self._rng.randbytes(20), self._callers.rightful(method), is_trespass=True)

    # --- the system before and after ---

    async def _identity(self, channel: grpc.aio.Channel) -> Identity:
        stub = admin_pb2_grpc.AdminServiceStub(channel)
        options: dict[str, Any] = {"metadata": bearer(self._plan.tokens.ops), "timeout": 20.0}
        server = await stub.GetServerInfo(admin_pb2.GetServerInfoRequest(), **options)
        runtimes = await stub.ListProvinceRuntimes(admin_pb2.ListProvinceRuntimesRequest(), **options)
        provinces = {runtime.province: (runtime.pid, runtime.epoch) for runtime in runtimes.province_runtimes}
        return Identity((server.gateway_id, server.start_time_ms), provinces)

    async def _listed(self, channel: grpc.aio.Channel) -> set[str]:
        """Names of all tasks of the country."""
        stub = task_pb2_grpc.TaskServiceStub(channel)
        request = task_pb2.ListTasksRequest(parent="provinces/-", page_size=1_000)
        found: set[str] = set()
        while True:
            page = await stub.ListTasks(request, metadata=bearer(self._plan.tokens.ops), timeout=30.0)
            found |= {task.name for task in page.tasks}
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    async def _settled(self, channel: grpc.aio.Channel, expected: set[str]) -> set[str]:
        """The same, read again while tasks that move make it incomplete."""
        found = await self._listed(channel)
        for _ in range(_LISTINGS_MAX):
            if expected <= found:
                break
            found = await self._listed(channel)
        return found

    # --- the verdict ---

    def result(self) -> dict[str, Any]:
        """Figures of the campaign."""
        tally, honest = self.tally, self._honest
        waits_s = sorted(honest.latencies_s)
        trespassing = [name for name in tally.created if not name.startswith(f"provinces/{self._plan.own}/")]
        return {
            "messages": tally.messages,
            "families": dict(tally.by_family.most_common()),
            "methods": len(self._methods),
            "statuses": dict(tally.statuses.most_common()),
            "unknown": tally.unknown.count,
            "internal": tally.internal.count,
            "crashes": len(self._crashes),
            "leaks": tally.leaks.count,
            "stored": self._stored,
            "lost": self._lost,
            "tasks_acknowledged": len(tally.created | honest.created),
            "trespasses": tally.trespasses.count + len(trespassing),
            "honest_operations": len(waits_s),
            "honest_failures": len(honest.failures),
            "honest_p99_ms": round(waits_s[int(len(waits_s) * 0.99)] * 1_000, 1) if waits_s else 0.0,
            "honest_max_ms": round(waits_s[-1] * 1_000, 1) if waits_s else 0.0,
            "silent_connections_closed": self._connections.silent_closed,
            "seconds": round(self._seconds, 1),
            "per_second": round(tally.messages / self._seconds) if self._seconds else 0,
            "examples": self._examples(),
        }

    def _examples(self) -> list[str]:
        tally = self.tally
        kinds = (tally.unknown, tally.internal, tally.leaks, tally.trespasses)
        return [*self._crashes, *self._honest.failures[:5], *(example for kind in kinds for example in kind.examples)]


#: Figures that must be 0.
MUST_BE_ZERO = ("unknown", "internal", "crashes", "leaks", "stored", "lost", "trespasses", "honest_failures")


def holds(result: Mapping[str, Any], count: int) -> bool:
    """Whether everything was sent and nothing came of it; a system of the campaign's own must have ended in order."""
    return (
        result["messages"] >= count
        and result.get("ended_in_order", True)
        and result["honest_operations"] > 0
        and not any(result[name] for name in MUST_BE_ZERO)
    )


def _differences(before: Identity, after: Identity) -> list[str]:
    """Whoever is not the same process as before."""
    found = [] if before.gateway == after.gateway else ["the gateway is another one"]
    return found + [
        f"{province} is another process"
        for province, process in before.provinces.items()
        if process != after.provinces.get(province)
    ]
