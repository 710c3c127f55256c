"""Routing decisions of the past: what the events say of them, and the decision made once more from the state as of its moment.

A decision is not stored with its candidates: 200 people x 130 parameters would be 100 KB a task. The journal holds everything that the
decision depended on, so the round is held again (`rounds.rerun`) and asked. That it comes to what was recorded, winner, points, runners-up
and urgency, is checked and said; it is the proof that the explanation is of this decision and not of one like it.
"""

from collections.abc import Sequence

import msgspec

from actors.core import events as e
from actors.core.ids import OperatorId, ProvinceCode, TaskId
from actors.core.matching.contributions import urgency_contributions
from actors.core.matching.explained import HowChosen, ProvinceMove, RoutingRecord, RoutingReplay
from actors.core.matching.explaining import Explainer, shares_at
from actors.core.matching.record import Shares
from actors.core.matching.rounds import RULES_VERSION, Match, Round, heard_in, rerun
from actors.core.matching.scoring import Scorer
from actors.core.state import ProvinceState

#: Decisions and moves of one task that are kept from a journal, the newest.
KEPT_MAX = 100


class Decided(msgspec.Struct, kw_only=True):
    """A routing decision as found in a journal."""

    record: RoutingRecord
    #: The frame that holds it.
    sequence: int
    #: The round it came from; None: a person chose, or the journal is older than rounds.
    held: e.MatchRoundHeld | None = None
    #: What was recorded of it; None: a person chose, and no round gave it.
    routing: e.Routing | None = None


class Trace:
    """What a journal tells of one task, gathered frame by frame."""

    def __init__(self, province: ProvinceCode, task_id: TaskId) -> None:
        self._province, self._task_id = province, task_id
        #: Oldest first.
        self.decided: list[Decided] = []
        self.moves: list[ProvinceMove] = []
        self.sources: dict[ProvinceCode, None] = {}

    def note(self, sequence: int, events: Sequence[e.AnyEvent]) -> None:
        """Take in a frame that mentions the task."""
        held: e.MatchRoundHeld | None = None
        for event in events:
            if isinstance(event, e.MatchRoundHeld):
                held = event
            elif isinstance(event, e.MoveAccepted):
                if event.task.task_id == self._task_id:
                    self.sources[event.source] = None
            elif getattr(event, "task_id", "") == self._task_id:
                self._note_own(sequence, event, held)

    def _note_own(self, sequence: int, event: e.AnyEvent, held: e.MatchRoundHeld | None) -> None:
        if isinstance(event, (e.OfferMade, e.TaskAssigned)):
            self.decided.append(self._decided(sequence, event, held))
            del self.decided[:-KEPT_MAX]
        elif isinstance(event, e.MoveStarted):
            hosts = tuple((candidate.province, candidate.points) for candidate in event.candidates)
            move = ProvinceMove(
                at_ms=event.at_ms, source=self._province, host=event.move.host, reason=event.reason, hosts=hosts
            )
            self.moves.append(move)
            del self.moves[:-KEPT_MAX]

    def _decided(self, sequence: int, event: e.OfferMade | e.TaskAssigned, held: e.MatchRoundHeld | None) -> Decided:
        routing = event.routing
        own_round = held if routing is not None and held is not None and routing.round == held.round else None
        record = RoutingRecord(
            task_id=self._task_id,
            token=event.token,
            province=self._province,
            at_ms=event.at_ms,
            operator=event.operator,
            how=_how(event),
            who=event.who,
            reason=getattr(event, "reason", ""),
        )
        if routing is not None:
            record = _with_routing(record, routing)
        if own_round is not None:
            record = _with_round(record, own_round)
        return Decided(record=record, sequence=sequence, held=own_round, routing=routing)

    def find(self, token: int) -> Decided | None:
        """The decision that gave this token; 0: the last."""
        if not token:
            return self.decided[-1] if self.decided else None
        return next((found for found in self.decided if found.record.token == token), None)


def _how(event: e.OfferMade | e.TaskAssigned) -> HowChosen:
    # What a team lead gives as the reason is theirs to choose, be it this very word.
    if isinstance(event, e.TaskAssigned) and event.reason == "fetched" and not event.reassigned:
        return HowChosen.FETCHED
    return HowChosen.MATCHED if event.routing is not None else HowChosen.REASSIGNED


def _with_routing(record: RoutingRecord, routing: e.Routing) -> RoutingRecord:
    return msgspec.structs.replace(
        record,
        score=routing.points,
        urgency=routing.urgency,
        shares=Shares(*routing.shares) if routing.shares else record.shares,
        considered=routing.considered,
        removed=routing.removed,
        runners_up=routing.runners_up,
        model_revision=routing.model_revision,
        kinds_revision=routing.kinds_revision,
    )


def _with_round(record: RoutingRecord, held: e.MatchRoundHeld) -> RoutingRecord:
    return msgspec.structs.replace(
        record,
        round=held.round,
        method=held.method,
        certified=held.certified,
        gap=held.gap,
        tasks=held.tasks,
        people=held.people,
        rules_version=held.rules_version,
    )


def replay_decision(
    state: ProvinceState, decided: Decided, *, asked: OperatorId | None, candidates_max: int
) -> RoutingReplay:
    """Make a decision once more.

    Args:
        state: as of before the round; it is not changed.
        decided: a decision that came from a round.
        asked: somebody to be shown whatever their rank.
        candidates_max: people shown.

    Raises:
        ValueError: the state is not the one that the round was held on.
    """
    held, record = decided.held, decided.record
    assert held is not None, "only rounds are held again"
    again = _held_again(state, held)
    matches = again.matches if again is not None else ()
    # Everybody on duty is shown, not only who was free: to be busy is a reason, too. A pair's points do not depend on who else is looked at.
    names: dict[OperatorId, None] = dict.fromkeys([record.operator, *([asked] if asked else []), *state.signed_in])
    people = [state.operators[name] for name in names if name in state.operators]
    scorer = Scorer(state, state.model)
    problem = scorer.problem([state.tasks[record.task_id]], people, held.at_ms, prices=state.shadow_prices)
    explainer = Explainer(
        scorer,
        problem,
        0,
        absent=_absent(state, held),
        prices=dict(held.prices),
        assigned={match.operator: match.task_id for match in matches},
        asked_by=held.asked_by,
    )
    first = [name for name in (record.operator, asked) if name]
    candidates = explainer.candidates(candidates_max, first)
    return RoutingReplay(
        token=record.token,
        candidates=candidates,
        removed=explainer.removed(),
        urgency=int(problem.urgency[0]),
        urgency_contributions=tuple(urgency_contributions(problem, 0)),
        shares=shares_at(problem, 0),
        rules_version=RULES_VERSION,
        reproduced=again is not None and _is_recorded(again, decided) and candidates[0].score == record.score,
    )


def _held_again(state: ProvinceState, held: e.MatchRoundHeld) -> Round | None:
    """The round by the rules of this program; None: by these it gives nothing, and it was decided by others."""
    try:
        return rerun(state, held)
    except ValueError:
        if held.rules_version == RULES_VERSION or held.round != state.round_number + 1:
            raise
        return None


def _is_recorded(again: Round, decided: Decided) -> bool:
    """Whether round and match are those in the journal; rules of another version may well come to the same."""
    held, routing, record = decided.held, decided.routing, decided.record
    assert held is not None and routing is not None, "only rounds are held again"
    match = next((match for match in again.matches if match.task_id == record.task_id), None)
    recorded = Match(task_id=record.task_id, operator=record.operator, routing=routing)
    return match == recorded and msgspec.structs.replace(again.event, rules_version=held.rules_version) == held


def _absent(state: ProvinceState, held: e.MatchRoundHeld) -> frozenset[OperatorId]:
    """Free people whose desks were not heard. Of a round for one person who asked nobody else was looked for."""
    return frozenset() if held.asked_by is not None else frozenset(state.free).difference(heard_in(state, held))
