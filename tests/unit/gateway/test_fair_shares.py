"""Fair shares: what anybody may count on whatever the others do, and that nothing is wasted for it."""

import random
from collections import Counter

import pytest

from gateway.fair_shares import DEBT_MIN, IDENTITIES_MAX, Debts, Places, Present

#: The pace of these tests, calls a second, and what one may take at once.
PACE = 1_000.0
BURST = 100.0


def _level(wanted: dict[str, float], pace: float) -> float:
    """The rate that nobody who wants more gets more than: the rates, cut there, add up to the pace. By bisection, in no way as `Debts` does it."""
    low, high = 0.0, pace
    for _ in range(60):
        level = (low + high) / 2
        low, high = (level, high) if sum(min(rate, level) for rate in wanted.values()) < pace else (low, level)
    return high


def _let_in(debts: Debts, wanted: dict[str, float], seconds: float, chance: random.Random) -> Counter[str]:
    """Calls that were let in, of those that arrive at random at these rates."""
    identities, rates = list(wanted), list(wanted.values())
    total = sum(rates)
    let_in: Counter[str] = Counter()
    passed_s = 0.0
    while passed_s < seconds:
        pause_s = chance.expovariate(total)
        passed_s += pause_s
        debts.pay(pause_s * PACE)
        (identity,) = chance.choices(identities, rates)
        if debts.has_room(identity):
            debts.owe(identity, 1.0)
            let_in[identity] += 1
    return let_in


@pytest.mark.parametrize("seed", range(12))
def test_everybody_gets_what_it_wants_or_as_much_as_anybody(seed: int) -> None:
    """Unfair: somebody below the level is cut. Not work-conserving: the pace is not used up while somebody wants more."""
    chance = random.Random(seed)
    wanted = {f"p{number}": chance.choice((5.0, 40.0, 150.0, 3_000.0)) for number in range(chance.randint(2, 12))}
    seconds = 30.0
    let_in = _let_in(Debts(BURST), wanted, seconds, chance)
    level = _level(wanted, PACE)
    for identity, rate in wanted.items():
        # Random arrivals vary by about the root of their number, and what may be owed comes on top.
        expected = min(rate, level) * seconds
        assert let_in[identity] == pytest.approx(expected, abs=4 * expected**0.5 + BURST), (identity, wanted)
    if sum(wanted.values()) > 1.2 * PACE:
        assert let_in.total() == pytest.approx(PACE * seconds, abs=3 * BURST)


@pytest.mark.parametrize("flooders", [1, 2, 5, 20])
def test_whoever_keeps_below_an_equal_part_is_never_refused(flooders: int) -> None:
    """The promise itself: every call of one that calls evenly at nine tenths of its part comes in, however many flood."""
    debts = Debts(BURST)
    part = PACE / (flooders + 1)
    refused = 0
    for _ in range(2_000):
        for number in range(flooders):
            for _ in range(20):
                if debts.has_room(f"f{number}"):
                    debts.owe(f"f{number}", 1.0)
        refused += not debts.has_room("modest")
        debts.owe("modest", 1.0)
        debts.pay(PACE / (0.9 * part))
    assert not refused


def test_a_debt_however_large_closes_the_door_to_its_owner_alone() -> None:
    """A batch of thousands, let in before anybody could know its size, would shut everybody out until it is paid."""
    debts = Debts(BURST)
    debts.owe("flooder", 5_000.0)
    assert not debts.has_room("flooder")
    assert debts.has_room("modest")
    debts.pay(5_000.0 - BURST / 2)
    assert debts.has_room("flooder")


def test_somebody_alone_may_have_all() -> None:
    """A share that is kept free for nobody would halve the machine."""
    debts = Debts(BURST)
    count = 0
    while debts.has_room("only"):
        debts.owe("only", 1.0)
        count += 1
    assert count == BURST


def _paid(owed: dict[str, float], amount: float, least_each: float) -> dict[str, float]:
    """What is owed after a payment, worked out on every single debt."""
    part = 1.0
    while owed and part > 0:
        each = max(amount / len(owed), least_each)
        step = min(each * part, *owed.values())
        part -= step / each
        owed = {one: debt - step for one, debt in owed.items() if debt - step > 1e-9}
    return owed


@pytest.mark.parametrize("seed", range(6))
def test_debts_are_what_working_them_out_one_by_one_gives(seed: int) -> None:
    """A sum that is kept wrong by a little each time is a pace of another height, or a debt that is never forgotten."""
    chance = random.Random(seed)
    debts = Debts(BURST)
    owed: dict[str, float] = {}
    for _ in range(2_000):
        if chance.random() < 0.6:
            identity, amount = f"p{chance.randrange(30)}", chance.choice((0.25, 1.0, 12.625))
            debts.owe(identity, amount)
            owed[identity] = owed.get(identity, 0.0) + amount
        else:
            amount, least_each = chance.uniform(0.1, 8.0), chance.choice((0.0, 0.0, 0.4))
            debts.pay(amount, least_each)
            owed = _paid(owed, amount, least_each)
        for identity in (f"p{number}" for number in range(30)):
            assert debts.of(identity) == pytest.approx(owed.get(identity, 0.0), abs=1e-6)


def test_memory_is_bounded_however_many_come() -> None:
    """An account for each of endless names would be the flood that gets through."""
    debts, present = Debts(BURST), Present(1.0, 0.0)
    for number in range(20 * IDENTITIES_MAX):
        debts.owe(f"i{number}", 1.0)
        present.note(f"i{number}", 0.5)
    assert len(debts) <= IDENTITIES_MAX + 1
    assert present.count <= IDENTITIES_MAX
    debts.pay(1e9)
    assert not len(debts), "whoever owes nothing is forgotten"


def test_together_they_owe_no_more_than_twice_a_burst() -> None:
    """After a pause all would come at once with what one alone may have."""
    debts = Debts(BURST)
    for _ in range(1_000):
        for number in range(40):
            if debts.has_room(f"p{number}"):
                debts.owe(f"p{number}", 1.0)
    assert sum(debts.of(f"p{number}") for number in range(40)) <= 2 * BURST + 40 * DEBT_MIN


@pytest.mark.parametrize("seed", range(4))
def test_places_are_bounded_and_some_are_left_for_whoever_holds_few(seed: int) -> None:
    """Everything held by those whose province hangs leaves nothing for all others."""
    chance = random.Random(seed)
    places = Places(60)
    held: Counter[str] = Counter()
    for _ in range(5_000):
        identity = f"p{chance.randrange(5)}"
        if chance.random() < 0.75 and places.has_room(identity):
            places.take(identity)
            held[identity] += 1
        elif held[identity]:
            places.give_back(identity)
            held[identity] -= 1
        assert places.held == held.total() <= 60
        assert len(places) == len(+held)
        assert places.has_room("newcomer")


def test_one_alone_may_hold_half_of_the_places() -> None:
    """Less would bound a country of one province for the sake of nobody."""
    places = Places(10)
    while places.has_room("only"):
        places.take("only")
    assert places.of("only") == 5


def test_who_has_called_lately_is_present_and_nobody_else() -> None:
    """Shares that are kept for whoever called once would be small for ever."""
    present = Present(1.0, 0.0)
    for identity in ("a", "b", "a"):
        present.note(identity, 0.5)
    assert present.count == 2
    present.note("a", 1.2)
    assert present.count == 2, "b was there in the window before"
    present.note("a", 2.3)
    assert present.count == 1
    present.note("c", 9.0)
    assert present.count == 1
