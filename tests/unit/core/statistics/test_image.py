"""The statistics are the same to the last bit after a replay, and after a snapshot and the tail."""

import random
from collections.abc import Iterator

import pytest

from actors.core import codec, snapshot
from actors.core import events as e
from actors.core.applying import apply
from actors.core.ids import OperatorId
from actors.core.review import ReviewVerdict, Severity
from actors.core.state import ProvinceState
from actors.core.statistics import image
from actors.core.statistics.tables import Statistics
from actors.core.task import Verdict
from tests.unit.core.harness import ADDRESS, FUJIAN, LARGE, MEDICAL
from tests.unit.core.statistics.world import CHEN, LIN, World

WU = OperatorId("wu")


class Recorder(World):
    """A world that keeps its events."""

    def __init__(self) -> None:
        self.log: list[e.AnyEvent] = []
        super().__init__()

    def happens(self, event: e.AnyEvent) -> None:
        """Apply an event and keep it."""
        super().happens(event)
        self.log.append(event)


def some_days(seed: int, steps: int = 120) -> list[e.AnyEvent]:
    """Events of some days, in which people come and go and the clock jumps."""
    chance, world = random.Random(seed), Recorder()
    there = [CHEN, LIN]
    for _ in range(steps):
        world.wait(chance.expovariate(1 / 40), days=chance.choice([0, 0, 0, 0, 0, 0, 0, -1, 40]))
        who = chance.choice(there)
        what = chance.randrange(8)
        if what < 4:
            _decide(world, chance, who)
        elif what == 4:
            verdict = chance.choice(list(ReviewVerdict))
            about = {"product": chance.choice(["", "life"]), "kind": chance.choice([MEDICAL, LARGE])}
            found = {"severity": chance.choice(list(Severity)), "sampling_permille": chance.choice([50, 1_000])}
            world.review(verdict, operator=who, about=about, **found)
        elif what == 5:
            task = world.take_in() if chance.random() < 0.2 and not world.state.tasks else world.create()
            world.offer(task, who)
            world.happens(e.OfferWithdrawn(at_ms=world.at_ms, task_id=task, reason="offer_expired"))
            world.happens(e.TaskCancelled(at_ms=world.at_ms, task_id=task))
        elif what == 6 and WU not in there:
            world.enrol(WU)
            there.append(WU)
        elif WU in there:
            there.remove(WU)
            world.happens(e.OperatorSignedOut(at_ms=world.at_ms, operator=WU))
            world.happens(e.OperatorRemoved(at_ms=world.at_ms, operator=WU))
    return world.log


def _decide(world: World, chance: random.Random, who: OperatorId) -> None:
    world.decide(
        chance.expovariate(1 / 12),
        operator=who,
        verdict=chance.choice(list(Verdict)),
        kind=chance.choice([MEDICAL, LARGE, ADDRESS]),
        product=chance.choice(["", "life", "health"]),
        hospital=f"h-{chance.randrange(90)}",
        customer_id=f"customer-{chance.randrange(30)}",
        case_id=chance.choice(["", "case-1"]),
        amount_fen=chance.randrange(10**9),
        complexity=chance.randrange(6),
        page_count=chance.randrange(40),
    )


def bytes_of(state: ProvinceState) -> list[bytes]:
    """All there is, as stored."""
    return list(snapshot.capture(state))


def replayed(events: list[e.AnyEvent], state: ProvinceState | None = None) -> ProvinceState:
    """A state after events that were in a journal."""
    state = state or ProvinceState(FUJIAN)
    for event in codec.decode_events(codec.encode_events(events)):
        apply(state, event)
    return state


@pytest.mark.parametrize("seed", range(6))
def test_a_replay_ends_with_the_same_bits(seed: int) -> None:
    """A decision could not be explained a day later if the numbers behind it came out otherwise."""
    events = some_days(seed)
    whole = replayed(events)
    assert bytes_of(replayed(events)) == bytes_of(whole)
    for cut in _cuts(seed, len(events)):
        begun = snapshot.restore(bytes_of(replayed(events[:cut])))
        assert bytes_of(replayed(events[cut:], begun)) == bytes_of(whole), f"snapshot after {cut} events"


def _cuts(seed: int, length: int) -> Iterator[int]:
    chance = random.Random(seed)
    return (chance.randrange(length + 1) for _ in range(5))


def test_a_snapshot_is_not_of_a_state_that_has_learned_otherwise() -> None:
    """`verify` would call a snapshot sound whose statistics were forged or rotten."""
    world = World()
    world.decide(customer_id="wang")
    stored = bytes_of(world.state)
    assert snapshot.is_of(stored, world.state)
    statistics = world.state.statistics
    place = statistics.by_line.place(statistics.rows[CHEN], "claims")
    statistics.by_line.cells[place] += 1e-9
    assert not snapshot.is_of(stored, world.state)
    statistics.by_line.cells[place] -= 1e-9
    statistics.customers.note("wang", "gao", 1)
    assert not snapshot.is_of(stored, world.state)


def test_an_image_is_of_one_instant() -> None:
    """Pieces are encoded between later frames; a sum that moved on meanwhile would be in the wrong snapshot."""
    world = World()
    world.decide(customer_id="wang")
    expected = list(image.capture(world.state.statistics))
    pieces = image.capture(world.state.statistics)
    taken = [next(pieces)]
    world.decide(customer_id="li", product="life")
    assert [*taken, *pieces] == expected


def test_long_recollections_come_in_pieces() -> None:
    """A slice of many thousand customers would be a stall."""
    statistics = Statistics()
    for number in range(image.PIECE_KEYS + 1):
        statistics.customers.note(f"customer-{number}", "chen", number)
    pieces = [piece for piece in image.capture(statistics) if isinstance(piece, image.Recollections)]
    assert [len(piece.kept) for piece in pieces] == [image.PIECE_KEYS, 1]
    again = Statistics()
    for piece in image.capture(statistics):
        image.restore(again, piece)
    assert list(image.capture(again)) == list(image.capture(statistics))


def test_a_snapshot_of_before_is_sound_but_teaches_nothing() -> None:
    """After an upgrade `verify` would call every old snapshot damaged, or a province go on without what its journal has taught."""
    world = World()
    world.decide()
    slices = bytes_of(world.state)
    of_before = [piece for piece in slices if b"Statistics" not in piece and b"Recollections" not in piece]
    assert (snapshot.has_statistics(slices), snapshot.has_statistics(of_before)) == (True, False)
    assert not snapshot.has_statistics(slices[:1])
    assert snapshot.is_of(of_before, world.state)
    world.create()
    assert not snapshot.is_of(of_before, world.state)
