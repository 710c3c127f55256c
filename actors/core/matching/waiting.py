"""Which of the waiting tasks a round looks at: the most urgent that the people at hand may do, a few more than they can take.

Ten thousand may wait for one person, so a round never reads the queue. Tasks that the same people may do share a bucket of the queue (kind,
authority, skills, privacy, home); a bucket is left out as soon as none of the people fits it, and of the others the foremost tasks are
taken in rank order. What single tasks ask beyond their bucket (nobody excluded, no conflict, no decline) only the filters know, so a round
that meets tasks which suit nobody looks once more, deeper in those buckets (`deeper`), or a handful of them would bar the way for all behind.

Refused: scoring all that waits (cost grows with the queue, and the hundredth task of a kind never goes before the first); heads only (one
excluded person at the front of a bucket and its second task is never looked at while other buckets have work).
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from actors.core.country import Skill
from actors.core.ids import KindId, TaskId
from actors.core.matching.guests import yields
from actors.core.operators import Operator
from actors.core.queue import BucketKey
from actors.core.state import ProvinceState
from actors.core.task import Task

#: Tasks beyond the number of people, so that there is something to choose from.
MARGIN = 8
#: Tasks of one round.
TASKS_MAX = 64
#: Tasks of a round that looks deeper.
DEEP_TASKS_MAX = 256


class Looked(NamedTuple):
    """Which of the tasks that wait a round is about."""

    #: Only these; empty: all.
    kinds: Collection[KindId]
    #: Those that yield to the branch's own work (`guests`), or all others.
    guests: bool
    #: Wall clock.
    now_ms: int


def foremost(state: ProvinceState, people: Sequence[Operator], looked: Looked) -> list[Task]:
    """The most urgent tasks, by rank, of the buckets that somebody of `people` fits: at most `TASKS_MAX`."""
    keys = _open_buckets(state, people, looked)
    if not keys:
        return []
    limit = min(TASKS_MAX, len(people) + MARGIN)
    found = state.queue.foremost(keys, _bucket_max(state, people), limit)
    return [state.tasks[task_id] for task_id, _ in found]


def deeper(
    state: ProvinceState, people: Sequence[Operator], looked: Looked, unsuitable: Collection[TaskId]
) -> list[Task]:
    """The same without tasks that were found to suit nobody: of each bucket, what lies among its first `bucket_scan_max` and as many as people.

    At most `DEEP_TASKS_MAX`, and as many again as are unsuitable are passed over.
    """
    keys = _open_buckets(state, people, looked)
    found = state.queue.foremost(keys, _bucket_max(state, people), DEEP_TASKS_MAX + len(unsuitable))
    return [state.tasks[task_id] for task_id, _ in found if task_id not in unsuitable]


def _bucket_max(state: ProvinceState, people: Sequence[Operator]) -> int:
    return max(len(people), state.bounds.bucket_scan_max)


def _open_buckets(state: ProvinceState, people: Sequence[Operator], looked: Looked) -> list[BucketKey]:
    """Buckets with tasks that somebody fits; of most, one of the first few people does."""
    kinds, guests, now_ms = looked
    return [
        key
        for key in state.queue.buckets()
        if (not kinds or key[0] in kinds)
        and yields(state, key, now_ms) is guests
        and any(_fits(state, key, one) for one in people)
    ]


def _fits(state: ProvinceState, key: BucketKey, person: Operator) -> bool:
    """Whether nothing that the whole bucket has in common keeps the person out. The filters ask the same and more; this only spares them."""
    kind, authority, skills, privacy_level, is_foreign, _ = key
    return (
        kind in person.kinds
        and person.authority.get(state.kinds[kind].line, 0) >= authority
        and person.clearance >= privacy_level
        and (person.share_opt_in or not is_foreign)
        and _has(person, skills)
        and _has(person, state.kinds[kind].required_skills)
    )


def _has(person: Operator, required: Sequence[Skill]) -> bool:
    if not required:
        return True
    held = {skill.skill: skill.level for skill in person.skills}
    return all(held.get(skill.skill, 0) >= skill.level for skill in required)
