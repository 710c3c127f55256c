"""Holding rounds again from the journal: the state as of before, from snapshot and tail, must give the very same decisions."""

from collections.abc import Iterator

import msgspec
import pytest

from actors.core import codec, snapshot
from actors.core import commands as c
from actors.core import events as e
from actors.core.applying import apply
from actors.core.matching.contributions import fit_contributions, urgency_contributions
from actors.core.matching.record import MatchingModel
from actors.core.matching.replaying import Decided, Trace, replay_decision
from actors.core.matching.rounds import RULES_VERSION, Round, rerun
from actors.core.state import ProvinceState
from tests.unit.core.harness import MODEL, SHIPPED, START_MS, Branch, person
from tests.unit.core.matching.days_at_random import BATCHES, Days


def frames_through_json_and_msgpack(log: list[e.AnyEvent]) -> Iterator[e.AnyEvent]:
    """The journal as a reader of its bytes sees it."""
    for event in codec.decode_events(codec.encode_events(tuple(log))):
        yield msgspec.json.decode(msgspec.json.encode(event), type=e.AnyEvent)


def told(again: Round) -> list[tuple[str, str, e.Routing]]:
    """Winners and why."""
    return [(match.task_id, match.operator, match.routing) for match in again.matches]


def given_after(log: list[e.AnyEvent], place: int) -> list[tuple[str, str, e.Routing]]:
    """What the journal says that the round at `place` gave."""
    given: list[tuple[str, str, e.Routing]] = []
    for event in log[place + 1 :]:
        if not isinstance(event, (e.OfferMade, e.TaskAssigned)) or event.routing is None:
            break
        given.append((event.task_id, event.operator, event.routing))
    return given


@pytest.mark.parametrize(("seed", "model"), [(1, SHIPPED), (2, SHIPPED), (3, MODEL)])
def test_every_round_of_a_journal_can_be_held_again(seed: int, model: MatchingModel) -> None:
    """A decision that cannot be reproduced cannot be defended: candidates, points and winner must all be the same a day later."""
    days = Days(seed, model)
    for _ in range(BATCHES):
        days.live()
    log = list(frames_through_json_and_msgpack(days.branch.log))
    state = ProvinceState(days.branch.code)
    held = fetched = contested = 0
    for place, event in enumerate(log):
        if isinstance(event, e.MatchRoundHeld):
            for before in (state, snapshot.restore(snapshot.capture(state))):
                again = rerun(before, event)
                assert again.event == event
                assert told(again) == given_after(log, place)
            held, fetched, contested = (
                held + 1,
                fetched + (event.asked_by is not None),
                contested + (event.method == "dense"),
            )
            check_that_points_add_up(again)
        apply(state, event)
    assert held > BATCHES // 2 and fetched and contested, (held, fetched, contested)


def test_new_standards_count_in_the_very_next_round() -> None:
    """For the rest of a minute rounds would go by the old ones, which nobody who holds them again can know."""
    branch = Branch(model=SHIPPED)
    branch.arrive(person("chen", capacity=3, auto_accept=True))
    branch.create()
    kinds = tuple(msgspec.structs.replace(kind, standard_minutes=1_440) for kind in branch.state.kinds.values())
    branch.did(c.AdoptTaskKinds(who="system:country", revision=2, kinds=kinds), object)
    branch.create()
    state, rounds = ProvinceState(branch.code), 0
    for place, event in enumerate(branch.log):
        if isinstance(event, e.MatchRoundHeld):
            assert told(rerun(state, event)) == given_after(branch.log, place)
            rounds += 1
        apply(state, event)
    assert rounds == 2


#: Version -> what its rules make of the days of seed 7: rounds, tasks given, sums of points and of urgency.
RESULTS = dict.fromkeys((1, 2, 3, 4), (38, 66, 3283368, 2798270))


def test_rules_that_come_to_other_results_have_another_version() -> None:
    """Decisions from before an upgrade would be called wrong instead of made by other rules.

    If you meant to change the results: raise `RULES_VERSION` and note the new ones here.
    """
    days = Days(7, SHIPPED)
    for _ in range(BATCHES):
        days.live()
    routings = [
        event.routing for event in days.branch.log if isinstance(event, (e.OfferMade, e.TaskAssigned)) and event.routing
    ]
    assert RESULTS[RULES_VERSION] == (
        sum(isinstance(event, e.MatchRoundHeld) for event in days.branch.log),
        len(routings),
        sum(routing.points for routing in routings),
        sum(routing.urgency for routing in routings),
    )


def decided_by_other_rules(routing_points: int, version: int) -> tuple[ProvinceState, Decided]:
    """The last decision of a journal, as if its points and the version of its rules were these; and the state before it."""
    days = Days(4, SHIPPED)
    while not isinstance(days.branch.log[-1], (e.OfferMade, e.TaskAssigned)):
        days.live()
    state = ProvinceState(days.branch.code)
    place = max(place for place, event in enumerate(days.branch.log) if isinstance(event, e.MatchRoundHeld))
    for event in days.branch.log[:place]:
        apply(state, event)
    held, given = days.branch.log[place], days.branch.log[place + 1]
    assert isinstance(held, e.MatchRoundHeld) and isinstance(given, (e.OfferMade, e.TaskAssigned)) and given.routing
    routing = msgspec.structs.replace(given.routing, points=given.routing.points + routing_points)
    trace = Trace(days.branch.code, given.task_id)
    trace.note(
        1,
        [msgspec.structs.replace(held, rules_version=version), msgspec.structs.replace(given, routing=routing)],
    )
    return state, trace.decided[-1]


@pytest.mark.parametrize(
    ("points", "version", "reproduced"),
    [(0, RULES_VERSION, True), (0, 0, True), (5, 0, False), (5, RULES_VERSION, False)],
)
def test_a_decision_says_by_which_rules_it_was_made(points: int, version: int, reproduced: bool) -> None:
    """Whoever reads the explanation could not tell an upgrade from a damaged journal."""
    state, decided = decided_by_other_rules(points, version)
    replay = replay_decision(state, decided, asked=None, candidates_max=3)
    assert (decided.record.rules_version, replay.rules_version) == (version, RULES_VERSION)
    assert replay.reproduced == reproduced


def test_rules_that_would_give_nothing_now_are_told_apart_from_a_wrong_state() -> None:
    """A decision that today's filters forbid could not be explained at all."""
    state, decided = decided_by_other_rules(0, 0)
    held = decided.held
    assert held is not None
    nobody = msgspec.structs.replace(held, absent=tuple(state.free), heard_only=False, asked_by=None)
    state.signed_in.clear()
    decided.held = nobody
    assert not replay_decision(state, decided, asked=None, candidates_max=3).reproduced
    decided.held = msgspec.structs.replace(nobody, rules_version=RULES_VERSION)
    with pytest.raises(ValueError, match="gives nothing"):
        replay_decision(state, decided, asked=None, candidates_max=3)


def check_that_points_add_up(again: Round) -> None:
    """What is shown for the winner is what was used."""
    rows = {task.task_id: row for row, task in enumerate(again.problem.tasks)}
    columns = {person.operator: column for column, person in enumerate(again.problem.people)}
    for match in again.matches:
        row, column = rows[match.task_id], columns[match.operator]
        parts = fit_contributions(again.scorer, again.problem, row, column)
        assert sum(part.contribution for part in parts) == match.routing.points
        assert sum(part.contribution for part in urgency_contributions(again.problem, row)) == match.routing.urgency


def test_a_round_is_not_held_again_on_another_state() -> None:
    """Somebody would be shown reasons that were not the reasons."""
    days = Days(4, MODEL)
    while not isinstance(days.branch.log[-1], (e.OfferMade, e.TaskAssigned)):
        days.live()
    last = next(event for event in reversed(days.branch.log) if isinstance(event, e.MatchRoundHeld))
    with pytest.raises(ValueError, match="does not follow"):
        rerun(days.branch.state, last)
    assert last.at_ms >= START_MS
