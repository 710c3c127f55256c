"""One round of matching: the tasks that wait and the people who are free now, in order of urgency.

The first matcher is greedy: the most urgent task takes the best person for it, then the next. It runs after every batch, so on arrival
and on release alike, and stops as soon as nobody free may do anything that waits.

Cost: tasks that the same people may do share a bucket, so only bucket heads are looked at; a task is scored against at most
`CANDIDATES_MAX` people, the most experienced of those who are free and may do it. In the two usual regimes (many wait, few are free; few wait,
many are free) a round is a handful of scores of 4 us each.
"""

import heapq
from collections.abc import Callable

import msgspec

from actors.core.events import Routing
from actors.core.ids import KindId, OperatorId, TaskId
from actors.core.matching.filters import excluded_by
from actors.core.matching.score import contributions, score_parts
from actors.core.operators import Operator
from actors.core.queue import BucketKey, authority_needed
from actors.core.state import ProvinceState
from actors.core.task import Task

#: People scored for one task.
CANDIDATES_MAX = 64
#: Runners-up kept with a decision.
RUNNERS_UP_MAX = 4


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A task and the person it should go to."""

    task_id: TaskId
    operator: OperatorId
    routing: Routing


def best_person(
    state: ProvinceState, task: Task, people: list[Operator], now_ms: int
) -> tuple[Match | None, dict[str, int]]:
    """The best of `people` for one task, with the reason; and how many people each filter removed.

    Only the first `CANDIDATES_MAX` who pass the filters are scored; those who do not pass never crowd out those who do.
    Ties go to the one who has been idle longest, then to the smaller id.
    """
    kind = state.kinds.get(task.spec.kind)
    needed = authority_needed(task, kind)
    skills = kind.required_skills if kind else ()
    kind_handle_ms = state.kind_handle_ms(task.spec.kind)
    removed: dict[str, int] = {}
    scored: list[tuple[int, int, OperatorId, tuple[int, ...]]] = []
    considered = 0
    for person in people:
        if len(scored) == CANDIDATES_MAX:
            break
        considered += 1
        load = state.load_of(person.operator)
        reason = "capacity" if load >= person.capacity else excluded_by(task, person, needed, skills, now_ms)
        if reason is not None:
            removed[reason] = removed.get(reason, 0) + 1
            continue
        parts = score_parts(task, person, needed=needed, load=load, kind_handle_ms=kind_handle_ms, now_ms=now_ms)
        scored.append((-sum(parts), person.idle_since_ms, person.operator, parts))
    if not scored:
        return None, removed
    scored.sort()
    minus_points, _, operator, parts = scored[0]
    routing = Routing(
        points=-minus_points,
        contributions=contributions(parts),
        runners_up=tuple((entry[2], -entry[0]) for entry in scored[1 : RUNNERS_UP_MAX + 1]),
        considered=considered,
        removed=removed,
        kinds_revision=state.kinds_revision,
    )
    return Match(task_id=task.task_id, operator=operator, routing=routing), removed


def match_round(state: ProvinceState, free: list[Operator], now_ms: int, give: Callable[[Match], None]) -> None:
    """Pair waiting tasks with free people, the most urgent task first, each person at most up to capacity.

    Args:
        free: available people below capacity whose desks are fresh.
        now_ms: wall clock.
        give: called for each match at once; it must take the task off the queue and count it against the person.
    """
    by_kind = _people_by_kind(state, free)
    heads = [head for head in state.queue.heads() if head[3][0] in by_kind]
    heapq.heapify(heads)
    #: Tasks at the front of each bucket that suit nobody who is free. In this round nobody new becomes free for them.
    passed_over: dict[BucketKey, int] = {}
    while heads:
        _, _, task_id, key = heapq.heappop(heads)
        people = [person for person in by_kind[key[0]] if state.load_of(person.operator) < person.capacity]
        by_kind[key[0]] = people
        if not people:
            continue
        match, _ = best_person(state, state.tasks[task_id], people, now_ms)
        if match is not None:
            give(match)
        else:
            passed_over[key] = passed_over.get(key, 0) + 1
        place = passed_over.get(key, 0)
        # The next of the bucket waits for its turn by its own rank: it must not overtake the heads of other buckets.
        following = state.queue.at(key, place) if place < state.bounds.bucket_scan_max else None
        if following is not None:
            heapq.heappush(heads, following)


def _people_by_kind(state: ProvinceState, free: list[Operator]) -> dict[KindId, list[Operator]]:
    """Free people per waiting kind, the most experienced first."""
    by_kind: dict[KindId, list[Operator]] = {}
    waiting = state.queue.waiting_by_kind
    for person in free:
        for kind in person.kinds:
            if kind in waiting:
                by_kind.setdefault(kind, []).append(person)
    for kind, people in by_kind.items():
        people.sort(key=lambda person: (-person.kinds[kind].done_count, person.operator))
    return by_kind
