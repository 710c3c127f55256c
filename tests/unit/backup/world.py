"""Four provinces: real commit loops on real SQLite journals, a seed that says what happens next, and work that never stays where it is.

Time is the world's own. Nothing runs by itself: every step is one thing, drawn from the seed, so a photograph can be taken between any two.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random

from actors.backup.cut import Cut
from actors.commit_loop import CommitBounds, CommitLoop
from actors.core import codec
from actors.core import commands as c
from actors.core import events as e
from actors.core.clock import Instant
from actors.core.country import ProvinceSettings, ShareOutMode, SharingPolicy
from actors.core.ids import ProvinceCode, SessionId, TaskId
from actors.core.messages import Outgoing, settlement
from actors.core.replies import AnyReply, DeskUpdate, TaskReply
from actors.core.sharing.summary import NationalPicture, encode_picture
from actors.core.task import Task, TaskState, Verdict
from actors.journal import Photograph, State, open_sqlite
from actors.protocol import CommitsHeld, CommitsReleased
from actors.store import HQ, Store
from tests.unit.core.harness import ADDRESS, KINDS, MEDICAL, START_MS, person, spec

PROVINCES = tuple(map(ProvinceCode, ("fujian", "jiangxi", "hubei", "yunnan")))
PEOPLE = 2
#: Small, so that records and snapshots are written in a run of seconds.
BOUNDS = CommitBounds(batch_max=20, records_kept_max=25, snapshot_tail_bytes=20_000)
EVACUATE = SharingPolicy(share_out_mode=ShareOutMode.EVACUATE)


class Place:
    """One province: its commit loop, and what leaves it."""

    def __init__(self, code: ProvinceCode, store: Store, world: "World") -> None:
        self.code = code
        self._world = world
        journal = open_sqlite(store.journal_path(code), store_id=store.store_id, province=code, reserve_bytes=0)
        # No power is cut here, and thousands of commits would wait for the disk.
        journal.connection.execute("PRAGMA synchronous = OFF")
        self.commits = CommitLoop(code, journal, clock=world.clock, outputs=self, commit_bounds=BOUNDS)

    def submit(self, command: c.AnyCommand, answer: Callable[[AnyReply], None] = lambda _: None) -> None:
        self.commits.submit(command, answer)

    def hear(self) -> None:
        """All desks of the place are alive."""
        sessions = tuple(SessionId(f"g1/{self.code}-{number}") for number in range(PEOPLE))
        self.submit(c.HearDesks(who="gateway", gateway="g1", sessions=sessions))

    @property
    def in_hand(self) -> list[Task]:
        """Tasks that somebody here may work on."""
        tasks = self.commits.province.state.tasks
        held = self.commits.province.state.holds.values()
        return [tasks[task_id] for ids in held for task_id in ids]

    # --- outputs of the commit loop ---

    def frame_written(self, sequence: int, epoch: int, at_ms: int, payload: bytes) -> None:
        del sequence, epoch, at_ms
        for event in codec.decode_events(payload):
            self._world.moves += isinstance(event, e.MoveAccepted)

    def tell_desks(self, updates: tuple[DeskUpdate, ...]) -> None:
        """Desks look for themselves."""

    def send(self, messages: list[Outgoing]) -> None:
        for message in messages:
            self._world.carry(self.code, message)

    def on_fatal(self, error: Exception) -> None:
        raise error


class World:
    """All places, and the messages between them."""

    def __init__(self, store: Store, seed: int) -> None:
        self.random = Random(seed)
        self.now_ms = 0
        self.store = store
        self.in_flight: list[Callable[[], None]] = []
        #: As the branches know it: created, and the answer has come.
        self.acknowledged: dict[TaskId, None] = {}
        self.moves = 0
        self._picture_revision = 0
        self.places = {code: Place(code, store, self) for code in PROVINCES}

    def clock(self) -> Instant:
        """Virtual time."""
        return Instant(wall_ms=START_MS + self.now_ms, monotonic_ms=self.now_ms)

    def populate(self) -> None:
        """Kinds, people and an empty headquarters for a new store."""
        for place in self.places.values():
            settings = ProvinceSettings(province=place.code, display_name=place.code, display_name_zh=place.code)
            people = [person(f"{place.code}-{number}", place.code, auto_accept=True) for number in range(PEOPLE)]
            place.submit(c.ConfigureProvince(settings=settings))
            place.submit(c.AdoptTaskKinds(revision=1, kinds=KINDS))
            place.submit(c.UpsertOperators(entries=tuple(people)))
            for entry in people:
                place.submit(c.SignIn(operator=entry.operator, session=SessionId(f"g1/{entry.operator}")))
            place.commits.commit()
        open_sqlite(self.store.journal_path(HQ), store_id=self.store.store_id, province=HQ, reserve_bytes=0).close()

    def close(self) -> None:
        """Close the journals."""
        for place in self.places.values():
            place.commits.journal.close()

    # --- messages ---

    def carry(self, source: ProvinceCode, message: Outgoing) -> None:
        """Put a message between two provinces on its way; its answer comes back the same way."""

        def settle(reply: AnyReply) -> None:
            command = settlement(message, reply)
            if command is not None:
                self.in_flight.append(lambda: self.places[source].submit(command))

        self.in_flight.append(lambda: self.places[message.destination].submit(message.command, settle))

    # --- what may happen next ---

    def steps(self, count: int) -> None:
        """So many things happen."""
        happenings = (
            *(self._deliver,) * 12,
            *(self._commit,) * 8,
            *(self._create, self._work, self._work, self._tick, self._hear, self._advise, self._order),
        )
        for _ in range(count):
            self.now_ms += self.random.randrange(4)
            self.random.choice(happenings)()

    def _place(self) -> Place:
        return self.random.choice(list(self.places.values()))

    def _deliver(self) -> None:
        if self.in_flight:
            # In any order: sockets of different provinces know nothing of each other.
            self.in_flight.pop(self.random.randrange(len(self.in_flight)))()

    def _commit(self) -> None:
        self._place().commits.commit()

    def _create(self) -> None:
        def answered(reply: AnyReply) -> None:
            assert isinstance(reply, TaskReply), reply
            self.acknowledged[reply.task.task_id] = None

        kind = self.random.choice((MEDICAL, ADDRESS))
        self._place().submit(c.CreateTask(who="branch:core", spec=spec(kind)), answered)

    def _tick(self) -> None:
        self._place().submit(c.Tick(who="system:clock"))

    def _hear(self) -> None:
        for place in self.places.values():
            place.hear()

    def _advise(self) -> None:
        """The coordinator's picture, as good as the provinces' word."""
        self._picture_revision += 1
        now = self.clock()
        summaries = tuple(place.commits.province.summary(now) for place in self.places.values())
        picture = NationalPicture(revision=self._picture_revision, time_ms=now.wall_ms, provinces=summaries)
        for place in self.places.values():
            place.submit(c.TakeAdvice(who="system:coordinator", picture=encode_picture(picture)))

    def _order(self) -> None:
        """A duty officer sends everything of a province away, or lets it stay."""
        self._place().submit(c.UpdateSharingPolicy(policy=self.random.choice((EVACUATE, SharingPolicy()))))

    def _work(self) -> None:
        """Somebody begins or decides what they hold."""
        place = self._place()
        if place.in_hand:
            self._go_on_with(place, self.random.choice(place.in_hand))

    def _go_on_with(self, place: Place, task: Task) -> None:
        assert task.operator is not None
        who = {"who": f"operator:{task.operator}", "operator": task.operator}
        if task.state is TaskState.ASSIGNED:
            place.submit(c.StartAssignment(**who, task_id=task.task_id, token=task.token))
        else:
            decide = c.CompleteAssignment(**who, task_id=task.task_id, token=task.token, verdict=Verdict.APPROVED)
            place.submit(decide)

    # --- rest ---

    def come_to_rest(self, rounds_max: int = 3_000) -> None:
        """No new work and no orders: what is open is decided, what is on its way arrives.

        Raises:
            AssertionError: not within so many rounds.
        """
        for place in self.places.values():
            place.submit(c.UpdateSharingPolicy(policy=SharingPolicy()))
        for _ in range(rounds_max):
            if not self._unrest():
                return
            self.now_ms += 200
            self._hear()
            self._advise()
            for place in self.places.values():
                for task in place.in_hand:
                    self._go_on_with(place, task)
                place.submit(c.Tick(who="system:clock"))
            while self.in_flight:
                self.in_flight.pop(0)()
            for place in self.places.values():
                place.commits.commit()
        raise AssertionError(f"no rest: {self._unrest()[:5]}")

    def _unrest(self) -> list[str]:
        states = [place.commits.province.state for place in self.places.values()]
        return [
            f"{state.province}: {list(state.tasks)[:3]}, notices {list(state.notices)[:3]}"
            for state in states
            if state.tasks or state.notices or state.away
        ]


class HeldProvinces:
    """The provinces of a world as a backup asks them: each hears of it at another moment, and the world goes on meanwhile."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.broken = 0

    async def hold(self, holder: str, for_ms: int) -> Mapping[str, CommitsHeld]:
        """As `ProvinceActor` answers it."""
        answers: dict[str, CommitsHeld] = {}
        for place in self._in_any_order():
            commits = place.commits
            refused = commits.hold.begin(holder, for_ms, self._world.now_ms)
            journal = commits.journal
            answers[place.code] = CommitsHeld(refused=refused, epoch=journal.epoch, sequence=journal.head.sequence)
            self._world.steps(self._world.random.randrange(6))
        return answers

    async def release(self, holder: str) -> Mapping[str, CommitsReleased]:
        """As `ProvinceActor` answers it."""
        answers: dict[str, CommitsReleased] = {}
        for place in self._in_any_order():
            held_ms = place.commits.hold.end(holder, self._world.now_ms)
            self.broken += held_ms is None
            answers[place.code] = CommitsReleased(was_unbroken=held_ms is not None, held_ms=held_ms or 0)
            self._world.steps(self._world.random.randrange(6))
        return answers

    async def pause(self, seconds: float) -> None:
        """The world goes on for so long."""
        until_ms = self._world.now_ms + int(seconds * 1000)
        while self._world.now_ms < until_ms:
            self._world.steps(1)

    def _in_any_order(self) -> list[Place]:
        places = list(self._world.places.values())
        self._world.random.shuffle(places)
        return places


class Slow(Photograph):
    """A photograph before which the world goes on for a while, now and then longer than any hold lasts."""

    def __init__(self, path: Path, world: World) -> None:
        super().__init__(path)
        self._world = world

    def take(self) -> State:
        """See `Photograph`."""
        self._world.steps(self._world.random.choice((0, 5, 10, 20, 40, 60, 60, 400)))
        return super().take()


def photographs_of(world: World) -> list[Photograph]:
    """Of every journal, the headquarters' first."""
    return [Slow(world.store.journal_path(name), world) for name in (HQ, *PROVINCES)]


def one_after_the_other(photographs: Sequence[Photograph]) -> Cut:
    """A backup that holds nobody: the planted bug."""
    return Cut(journals={photograph.name: photograph.take() for photograph in photographs}, taken_ms=0)
