"""A client process that takes tasks through their whole lives: it is the branch system and the workbench of all provinces at once.

A journey: the branch creates a task, one task a call or a message; the task comes down the Work stream of its province, given to somebody; that person
starts it, hears that it is started, decides it, and hears that it is decided. Everybody accepts at once, so nobody answers offers. Two ways:

* **stream**: `IngestTasks` with one task a message, and every step of a desk on the Work stream;
* **unary**: `CreateTask`, `StartAssignment` and `CompleteAssignment`; only the news that a task is theirs comes to the desks down the stream.

Two loops. Closed: a fixed number of creations waits for its acknowledgement, as long as no more journeys are under way than are allowed; the next one
begins in the next province. Open: journeys begin at a pace, and their waits are counted from the instants at which they were due. With `keeps_open` the desks decide one of the tasks that wait, of whatever age, for each
that is created: the number of open tasks stays as it is.

The process shares its machine with what it measures, so it must cost little: `office` and `streams` say how.

Run as a process of its own (`python -m loadtests.bench.journeys`), with the `Order` as JSON on standard input and the `Done` as JSON on standard output.
"""

import asyncio
import contextlib
import itertools
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence

import msgspec

from loadtests.bench.client_process import be_client
from loadtests.bench.office import Held, Office, Post, Step, Way
from loadtests.bench.streams import StreamingConnection

#: Connections of one process; provinces share them.
CONNECTIONS = 4
HEARTBEAT_S = 1.0
#: Between two looks at the clock of the open loop, seconds.
TICK_S = 0.001
#: How long everybody may take to sign in or out, and what is under way to end when the time is over, seconds.
SIGN_MAX_S = 20.0
LAST_JOURNEYS_MAX_S = 20.0
#: Journeys of the open loop under way; what would go beyond is held back, and counted.
UNDER_WAY_MAX = 10_000
#: One decided task of so many is named, so that its decision can be asked for.
NAMED_EVERY = 50


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to do, and for how long."""

    way: Way
    address: str
    posts: list[Post]
    #: Of the closed loop: creations that are not acknowledged, and journeys under way, at most.
    in_flight: int = 0
    under_way: int = 0
    #: Journeys begun a second, of the open loop; 0: the closed loop.
    per_second: float = 0.0
    #: Desks decide one waiting task for each that is created, instead of every one that they get.
    keeps_open: bool = False
    #: Instants of the machine's monotonic clock: what ends from `count_from_s` on and before `end_s` counts.
    begin_s: float
    count_from_s: float
    end_s: float
    #: Tells this process's ids from all others'; at most six characters.
    prefix: str


class Done(msgspec.Struct, kw_only=True):
    """What became of it."""

    #: Tasks decided within the time that counts.
    counted: int = 0
    #: Creations and decisions that were acknowledged, warm-up and last ones included.
    created: int = 0
    decided: int = 0
    #: From the creation (open loop: from the instant at which it was due) to the confirmed start, for starts in the time that counts, microseconds.
    start_us: list[int] = []
    #: Steps answered in the time that counts. In the unary way each is a call.
    steps: int = 0
    #: Refusals by reason, failed calls by status, and whatever else should not happen.
    otherwise: dict[str, int] = {}
    #: Journeys that have no end.
    unfinished: int = 0
    #: Creations of the open loop that had no room.
    held_back: int = 0
    #: Some of the decided tasks, by name.
    named: list[str] = []
    #: CPU of this process in the time that counts, seconds.
    cpu_s: float = 0.0


class Client:
    """All journeys of one process. Its offices tell it what has come."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._offices: list[Office] = []
        self._turns: Iterator[Office] = iter(())
        self._numbers = itertools.count()
        #: Offices with something to send.
        self._unsent: dict[Office, None] = {}
        #: External id -> when the journey began, while nobody has started it.
        self._began_s: dict[str, float] = {}
        #: External id -> where a started or starting task is, and what is held of it.
        self._at: dict[str, tuple[Office, Held]] = {}
        #: With `keeps_open`: what the desks hold and have not begun.
        self._waiting: deque[tuple[Office, Held]] = deque()
        self._creating = 0
        #: Creations that were refused: their places stay empty, or a system that refuses would be asked without end.
        self._refused = 0
        self._signing = 0
        self._under_way = 0
        #: What is under way is counted as unfinished, and waited for no longer.
        self._is_over = False
        self._settled = asyncio.Event()
        self.done = Done()

    async def run(self, connections: Sequence[StreamingConnection], settle_s: float) -> None:
        """Sign in, send until the time is over, let what is under way end within `settle_s`, sign out."""
        order = self._order
        spread = itertools.cycle(connections)
        self._offices = [
            Office(order.way, order.address, post, order.prefix, next(spread), self) for post in order.posts
        ]
        self._turns = itertools.cycle(self._offices)
        beating = asyncio.create_task(self._beat())
        try:
            await self._sign(Office.sign_in)
            if time.monotonic() > order.begin_s:
                self.surprised("SIGNED_IN_LATE")
            await _until(order.begin_s)
            counting = asyncio.create_task(self._count_cpu())
            await (self._at_a_pace() if order.per_second else self._in_a_loop())
            await counting
            await self._settle(settle_s)
            self.done.unfinished += self._under_way + self._creating
            self._is_over = True
            await self._sign(Office.sign_out)
        finally:
            beating.cancel()
        for office in self._offices:
            office.close()
        self._flush()

    async def _sign(self, how: Callable[[Office], None]) -> None:
        for office in self._offices:
            self._signing += len(office.post.operators)
            how(office)
        await self._settle(SIGN_MAX_S)

    async def _settle(self, within_s: float) -> None:
        """Wait until everything is answered, or for so long."""
        self._note_settled()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._settled.wait(), within_s)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            for office in self._offices:
                office.beat()

    async def _count_cpu(self) -> None:
        await _until(self._order.count_from_s)
        before_s = time.process_time()
        await _until(self._order.end_s)
        self.done.cpu_s = time.process_time() - before_s

    # --- the two loops ---

    async def _in_a_loop(self) -> None:
        self._fill()
        await _until(self._order.end_s)

    def _fill(self) -> None:
        """Begin as many journeys as the closed loop allows now."""
        order, now_s = self._order, time.monotonic()
        if order.per_second or now_s >= order.end_s:
            return
        while self._creating + self._refused < order.in_flight and self._under_way < order.under_way:
            self._begin(now_s)

    async def _at_a_pace(self) -> None:
        order, number = self._order, 0
        while (now_s := time.monotonic()) < order.end_s:
            due = int((now_s - order.begin_s) * order.per_second) + 1
            while number < due:
                self._begin_one_of_many(order.begin_s + number / order.per_second)
                number += 1
            await asyncio.sleep(TICK_S)

    def _begin_one_of_many(self, due_s: float) -> None:
        if self._under_way + self._creating >= UNDER_WAY_MAX:
            self.done.held_back += 1
            return
        self._begin(due_s)
        if self._waiting:
            self._start(*self._waiting.popleft())

    def _begin(self, began_s: float) -> None:
        external_id = next(self._turns).create(next(self._numbers))
        self._creating += 1
        if not self._order.keeps_open:
            self._under_way += 1
            self._began_s[external_id] = began_s

    def _start(self, office: Office, held: Held) -> None:
        if self._order.keeps_open:
            self._under_way += 1
        self._at[held.external_id] = office, held
        office.start(held)

    # --- what the offices tell ---

    def has_something_to_send(self, office: Office) -> None:
        """Everything that is said in one turn of the loop leaves together."""
        if not self._unsent:
            asyncio.get_running_loop().call_soon(self._flush)
        self._unsent[office] = None

    def _flush(self) -> None:
        unsent, self._unsent = self._unsent, {}
        connections: dict[StreamingConnection, None] = {}
        for office in unsent:
            office.pack()
            connections[office.connection] = None
        for connection in connections:
            connection.flush()

    def created(self, external_id: str, why_not: str) -> None:
        """A creation was answered; it may be well under way by then."""
        self._creating -= 1
        if not why_not:
            self.done.created += 1
            self._count_step()
        else:
            self.surprised(why_not)
            self._refused += 1
            if self._began_s.pop(external_id, None) is not None:
                self._under_way -= 1
        self._fill()
        self._note_settled()

    def given(self, office: Office, held: Held) -> None:
        """Somebody has got a task."""
        if self._order.keeps_open:
            self._waiting.append((office, held))
        elif held.external_id in self._began_s:
            self._start(office, held)
        else:
            self.surprised("UNKNOWN_TASK")

    def stepped(self, step: Step, key: str, why_not: str) -> None:
        """A step was answered; after the first the second, after the second the next journey."""
        if step in (Step.SIGN_IN, Step.SIGN_OUT):
            self._signing -= 1
            if why_not:
                self.surprised(why_not)
            self._note_settled()
            return
        office, held = self._at[key]
        now_s = time.monotonic()
        if why_not:
            self.surprised(why_not)
            self._began_s.pop(key, None)
            self.done.unfinished += 1
            self._gone(key)
            return
        self._count_step(now_s)
        if step is Step.START:
            began_s = self._began_s.pop(key, None)
            if began_s is not None and self._counts(now_s):
                self.done.start_us.append(int((now_s - began_s) * 1e6))
            office.complete(held)
            return
        self.done.decided += 1
        if self.done.decided % NAMED_EVERY == 1:
            self.done.named.append(held.task)
        self.done.counted += self._counts(now_s)
        self._gone(key)
        self._fill()

    def surprised(self, what: str) -> None:
        """Something happened that should not."""
        self.done.otherwise[what] = self.done.otherwise.get(what, 0) + 1

    def _gone(self, external_id: str) -> None:
        del self._at[external_id]
        self._under_way -= 1
        self._note_settled()

    def _counts(self, now_s: float) -> bool:
        return self._order.count_from_s <= now_s < self._order.end_s

    def _count_step(self, now_s: float | None = None) -> None:
        self.done.steps += self._counts(time.monotonic() if now_s is None else now_s)

    def _note_settled(self) -> None:
        if self._signing or (not self._is_over and (self._under_way or self._creating)):
            self._settled.clear()
        else:
            self._settled.set()


async def _until(instant_s: float) -> None:
    await asyncio.sleep(max(0.0, instant_s - time.monotonic()))


@contextlib.asynccontextmanager
async def _connected(address: str) -> AsyncIterator[list[StreamingConnection]]:
    connections: list[StreamingConnection] = []
    try:
        while len(connections) < CONNECTIONS:
            connections.append(await StreamingConnection.open(address, ()))
        yield connections
    finally:
        for connection in connections:
            connection.close()


async def run(order: Order, settle_s: float = LAST_JOURNEYS_MAX_S) -> Done:
    """Do what is ordered.

    Args:
        settle_s: how long what is under way may take to end when the time is over.

    Raises:
        OSError: the server cannot be reached.
        TimeoutError: it says nothing.
    """
    async with _connected(order.address) as connections:
        client = Client(order)
        await client.run(connections, settle_s)
    return client.done


if __name__ == "__main__":
    be_client(Order, run)
