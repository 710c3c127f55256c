"""Work that an evacuation brought yields to the branch's own: its customers must not notice that their branch helps.

The intuition. An evacuation does not ask whether there is room: thousands of tasks, most of them older than anything that waits here, come within
half a minute. By age alone they would all be served first, and everybody who calls at the helping branch that day would wait for hours.

The rule. A task that an evacuation brought (a guest; green channel is none) is given in a round of its own, when nothing of the branch's
own suits anybody who is free; and only to people beyond those kept for what arrives here anyway: `reserve_operators` of the policy, or two standard
deviations of what arrives while a task is in hand (twice its root, as of any Poisson stream) if that is more, so that fewer than one in twenty
customers finds nobody free because of guests. What arrives is told by the rate so far, the running minute included: an evacuation does not wait
for a quarter of an hour's experience. Overflow keeps one (`sharing.lending`): it brings what free people can begin at once, an evacuation
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

from collections.abc import Collection, Sequence

from actors.core.country import Line
from actors.core.ids import KindId
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


def yields(state: ProvinceState, key: BucketKey, now_ms: int) -> bool:
    """Whether the tasks of a bucket, in which somebody waits, wait until the branch's own are served."""
    if not key[-1]:
        return False
    head = state.queue.head(key)
    return head is not None and now_ms - state.tasks[head[2]].queued_ms < PATIENCE_MS


class GuestPlaces:
    """How many guests may be begun now beside what is kept for the branch's own work.

    Args:
        people: who is free and heard.
        now_ms: wall clock.
    """

    def __init__(self, state: ProvinceState, people: Sequence[Operator], now_ms: int) -> None:
        self._state, self._people = state, people
        self._reading = Reading(state.statistics, now_ms)
        self._by_kind: dict[KindId, int] = {}
        #: By line: places that are free, tasks in hand, and tasks that arrive in an hour.
        self._by_line: dict[Line, tuple[int, int, int]] = {}

    def of(self, kind: KindId) -> int:
        """Guests of this kind, if no others are begun; below 1: none."""
        known = self._by_kind.get(kind)
        if known is None:
            known = self._by_kind[kind] = self._places(kind)
        return known

    def _places(self, kind: KindId) -> int:
        line = self._state.kinds[kind].line
        counts = self._by_line.get(line)
        if counts is None:
            counts = self._by_line[line] = self._counts(line)
        free, in_hand, per_hour = counts
        arriving = int(per_hour * typical_minutes(self._reading, self._state.kinds[kind]) / MINUTES_PER_HOUR)
        kept = min(kept_for(STANDARD_DEVIATIONS**2 * arriving), free + in_hand - 1)
        return free - max(self._state.policy.reserve_operators, kept)

    def _counts(self, line: Line) -> tuple[int, int, int]:
        state = self._state
        kinds = {kind.kind: None for kind in state.kinds.values() if kind.line is line}
        able = [person for person in self._people if not kinds.keys().isdisjoint(person.kinds)]
        free = sum(person.capacity - state.load_of(person.operator) for person in able)
        in_hand = sum(state.tasks[task_id].line is line for held in state.holds.values() for task_id in held)
        return free, in_hand, self._reading.arrivals_per_hour_so_far(line)

    def admit(self, tasks: Sequence[Task], rows: Sequence[int]) -> list[int]:
        """Of guests, those that may be begun.

        Args:
            rows: the guests' places in `tasks`, in rank order.
        """
        chosen: list[int] = []
        for row in rows:
            # Whoever takes one may have counted for another line as well.
            if len(chosen) < self.of(tasks[row].spec.kind):
                chosen.append(row)
        return chosen


def guest_kinds(state: ProvinceState, kinds: Collection[KindId], now_ms: int) -> list[KindId]:
    """Kinds of which guests wait, of some (empty: of all)."""
    waiting = (key for key in state.queue.buckets() if not kinds or key[0] in kinds)
    return list(dict.fromkeys(key[0] for key in waiting if yields(state, key, now_ms)))


def is_yielding(state: ProvinceState, task: Task, now_ms: int) -> bool:
    """Whether a waiting task waits until the branch's own are served."""
    membership = state.queue.members.get(task.task_id)
    return membership is not None and yields(state, membership[1], now_ms)


def is_kept_back(state: ProvinceState, people: Sequence[Operator], task: Task, now_ms: int) -> bool:
    """Whether a waiting task is not given to these people, who are free and heard, because they are kept for the branch's own work."""
    return is_yielding(state, task, now_ms) and GuestPlaces(state, people, now_ms).of(task.spec.kind) < 1
