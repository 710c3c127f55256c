"""Work that an evacuation brought yields to the branch's own: its customers must not notice that their branch helps.

The intuition. An evacuation does not ask whether there is room: thousands of tasks, most of them older than anything that waits here, come within
half a minute. By age alone they would all be served first, and everybody who calls at the helping branch that day would wait for hours.

The rule. A task that an evacuation brought (a guest; green channel is none) is given in a round of its own, when nothing of the branch's
own suits anybody who is free; and only to people beyond those kept for what arrives here anyway: `reserve_operators` of the policy, or two standard
deviations of what arrives while a task is in hand (twice its root, as of any Poisson stream) if that is more, so that fewer than one in twenty
customers finds nobody free because of guests. Overflow keeps one (`sharing.lending`): it brings what free people can begin at once, an evacuation
brings enough to take everybody who becomes free for hours. Where nothing is in hand a guest may always be begun, however small the branch.

What it costs is told by `tests/unit/core/matching/helping_day.py`: 13 people and 150 guests at once; the 95th percentile of own customers' wait,
minutes, of two days each, and the guests decided in four hours:

    load of own work          30 %             50 %             75 %
    no guests                 0.0, 0.0         0.0, 0.0         7.4, 1.6
    guests yield              0.0, 0.7         0.0, 0.0         1.0, 2.0
                              115, 139         70, 75           17, 23
    guests by age alone       134, 119         124, 116         149, 119

The bound on waiting. Guests whose first has waited here for `PATIENCE_MS` count as the branch's own from then on: they are served by age, so none
starves at a branch that is always busy.

Who asks for work (FetchNextTask) is given a guest without regard to the reserve: they would be told that there is nothing while a task waits.
Refused: a debit in points (points tell quality from quality; a queue of thousands outweighs any), and refusing guests at the door: then they
wait where nobody is.
"""

from collections.abc import Sequence

from actors.core.country import Line
from actors.core.matching.views.pairs import typical_minutes
from actors.core.operators import Operator
from actors.core.queue import BucketKey
from actors.core.sharing.lending import HOUR_MS, kept_for
from actors.core.state import ProvinceState
from actors.core.statistics.reading import Reading
from actors.core.task import Task

#: Four hours: half a working day.
PATIENCE_MS = 4 * HOUR_MS
#: People kept, in roots of what arrives while a task is in hand.
STANDARD_DEVIATIONS = 2
MINUTES_PER_HOUR = 60
#: `Reading.recent_arrivals` are those of a quarter of an hour.
QUARTERS = 4


def yields(state: ProvinceState, key: BucketKey, now_ms: int) -> bool:
    """Whether the tasks of a bucket, in which somebody waits, wait until the branch's own are served."""
    if not key[-1]:
        return False
    head = state.queue.head(key)
    return head is not None and now_ms - state.tasks[head[2]].queued_ms < PATIENCE_MS


def admitted(
    state: ProvinceState, people: Sequence[Operator], tasks: Sequence[Task], rows: Sequence[int], now_ms: int
) -> list[int]:
    """Of guests, those that may be begun now.

    Args:
        people: who is free and heard.
        rows: the guests' places in `tasks`, in rank order.
    """
    reading = Reading(state.statistics, now_ms)
    places: dict[Line, int] = {}
    chosen: list[int] = []
    for row in rows:
        task = tasks[row]
        if task.line not in places:
            places[task.line] = places_for_guests(state, people, task, reading)
        # Whoever takes one may have counted for another line as well.
        if len(chosen) < places[task.line]:
            chosen.append(row)
    return chosen


def places_for_guests(state: ProvinceState, people: Sequence[Operator], task: Task, reading: Reading) -> int:
    """How many guests of the task's line may be begun now; below 1: none.

    Args:
        people: who is free and heard.
    """
    line = task.line
    kinds = [kind.kind for kind in state.kinds.values() if kind.line is line]
    free = sum(
        person.capacity - state.load_of(person.operator)
        for person in people
        if any(kind in person.kinds for kind in kinds)
    )
    in_hand = sum(state.tasks[task_id].line is line for held in state.holds.values() for task_id in held)
    handle_minutes = typical_minutes(reading, state.kinds[task.spec.kind])
    arriving = int(reading.recent_arrivals(line) * QUARTERS * handle_minutes / MINUTES_PER_HOUR)
    kept = min(kept_for(STANDARD_DEVIATIONS**2 * arriving), free + in_hand - 1)
    return free - max(state.policy.reserve_operators, kept)


def is_kept_back(state: ProvinceState, people: Sequence[Operator], task: Task, now_ms: int) -> bool:
    """Whether a waiting task is not given to these people, who are free and heard, because they are kept for the branch's own work."""
    membership = state.queue.members.get(task.task_id)
    if membership is None or not yields(state, membership[1], now_ms):
        return False
    return places_for_guests(state, people, task, Reading(state.statistics, now_ms)) < 1
