"""One branch's people and queue, from event to event.

The state is as small as it can be: how many people are on duty, when those who are busy will be done (a heap), which tasks wait. People are alike, so
who does what is not kept. Whoever finishes takes the oldest task, or leaves if fewer are on duty now than are busy: nobody drops
work when their shift ends. A task's fate is one number, when it is done, known as soon as it is begun.

The loop below runs a million times a week and run; what it touches is local. 1.2 to 1.6 us a task.
"""

from collections import deque
from heapq import heappop, heappush, heapreplace
from math import inf

import msgspec

from actors.core.capacity.hours import Duty
from actors.core.capacity.work import Work
from actors.core.country import Bounds

#: Waiting tasks that are looked at for some that may leave: as in the product (`departures`), a hundred of each kind; one kind here stands for a line's eight.
LOOKED_AT_MAX = 8 * Bounds().moves_per_batch_max
#: A guest that has waited for so long is served by age, minutes (`matching.guests.PATIENCE_MS`).
PATIENCE_MINUTES = 240.0


class Fates(msgspec.Struct, kw_only=True):
    """What becomes of the tasks of one play; lists, since single elements of arrays are slow."""

    #: Minutes that each takes where it is.
    minutes: list[float]
    #: When each is done; 0.0: nobody has begun it.
    done: list[float]
    may_leave: list[bool]
    #: Task -> the branch that does it, of those that have moved.
    host: dict[int, int]


def fates_of(work: Work) -> Fates:
    """Nothing is done yet."""
    return Fates(
        minutes=work.minutes.tolist(),
        done=[0.0] * len(work.arrived),
        may_leave=work.may_leave.tolist(),
        host={},
    )


class Office:
    """One branch's line of work in one play."""

    def __init__(self, number: int, duty: Duty, work: Work, fates: Fates) -> None:
        """Opens with nobody on duty and nothing waiting."""
        self.number, self.duty, self.fates = number, duty, fates
        self.first, self.end = work.first[number], work.first[number + 1]
        self._arrived: list[float] = [*work.arrived[self.first : self.end].tolist(), inf]
        self._following = 0
        self.people = 0
        #: The hours are over, and whoever is still here goes as soon as nothing waits.
        self.is_overtime = False
        self.waiting: deque[int] = deque()
        #: When each of those in hand will be done.
        self.busy: list[float] = []
        #: (since, task) that an evacuation brought: begun when nothing of the branch's own waits and more than `kept` people are free.
        self.guests: deque[tuple[float, int]] = deque()
        self.kept = 0
        #: Tasks of others that were ever begun here.
        self._foreign: list[int] = []

    @property
    def free(self) -> int:
        """People on duty with empty hands."""
        return max(0, self.people - len(self.busy))

    @property
    def is_finished(self) -> bool:
        """Whether nothing waits and nothing will arrive. What is in hand has its time."""
        return not self.waiting and not self.guests and self.first + self._following == self.end

    def pass_until(self, end: float) -> None:
        """Let everything happen up to and with an instant, with the people on duty now."""
        arrived, busy, waiting, people = self._arrived, self.busy, self.waiting, self.people
        minutes, done = self.fates.minutes, self.fates.done
        following, first = self._following, self.first
        arrives = arrived[following]
        while True:
            finishes = busy[0] if busy else inf
            if finishes <= arrives:
                if finishes > end:
                    break
                if waiting and len(busy) <= people:
                    task = waiting.popleft()
                    done[task] = until = finishes + minutes[task]
                    heapreplace(busy, until)
                else:
                    heappop(busy)
                    if self.is_overtime:
                        people = self.people = min(people, len(busy))
                    elif self.guests:
                        self.begin_guests(finishes)
            else:
                if arrives > end:
                    break
                task = first + following
                if len(busy) < people:
                    done[task] = until = arrives + minutes[task]
                    heappush(busy, until)
                else:
                    waiting.append(task)
                following += 1
                arrives = arrived[following]
        self._following = following

    def change_people(self, people: int, now: float) -> None:
        """So many are on duty from now on; whoever is new takes the oldest task."""
        self.people, self.is_overtime = people, False
        self.begin_waiting(now)

    def begin_overtime(self) -> None:
        """The hours are over: who has nothing to do goes, the others work on while something waits."""
        self.people, self.is_overtime = min(self.people, len(self.busy)), True

    def begin_waiting(self, now: float) -> None:
        """Give what waits to whoever is free."""
        while self.waiting and len(self.busy) < self.people:
            self._begin(self.waiting.popleft(), now)

    def _begin(self, task: int, now: float) -> None:
        self.fates.done[task] = until = now + self.fates.minutes[task]
        heappush(self.busy, until)

    def lose_power(self, now: float) -> None:
        """Everybody stops: what was in hand waits again, before all else, and will be begun anew."""
        done, host = self.fates.done, self.fates.host
        own = range(self.first, self.first + self._following)
        in_hand = [task for task in own if done[task] > now and task not in host]
        in_hand += [task for task in self._foreign if done[task] > now and host[task] == self.number]
        for task in in_hand:
            done[task] = 0.0
        self.waiting.extendleft(reversed(in_hand))
        self.busy.clear()
        self.people = 0

    def give(self, count: int) -> list[int]:
        """Take the oldest tasks that may leave out of the queue.

        Args:
            count: at most so many.
        """
        waiting, may_leave = self.waiting, self.fates.may_leave
        given: list[int] = []
        staying: list[int] = []
        for _ in range(min(len(waiting), LOOKED_AT_MAX)):
            if len(given) == count:
                break
            task = waiting.popleft()
            (given if may_leave[task] else staying).append(task)
        waiting.extendleft(reversed(staying))
        return given

    def take(self, task: int, now: float) -> None:
        """Begin a task of another branch at once; somebody must be free."""
        assert self.free, "a lender has people free for what it is sent"
        self._foreign.append(task)
        self._begin(task, now)

    def receive(self, task: int, now: float) -> None:
        """Let a task that an evacuation brings wait until there is room for it."""
        self.guests.append((now, task))

    def begin_guests(self, now: float) -> None:
        """Begin guests as long as nothing of the branch's own waits and people are free beyond those kept for it."""
        while self.guests and not self.waiting and self.people - len(self.busy) > self.kept:
            self.take(self.guests.popleft()[1], now)

    def lose_patience(self, now: float) -> None:
        """Let guests that have waited for long stand before the branch's own, which are younger."""
        ripe: list[int] = []
        while self.guests and now - self.guests[0][0] >= PATIENCE_MINUTES:
            ripe.append(self.guests.popleft()[1])
        self._foreign += ripe
        self.waiting.extendleft(reversed(ripe))
        self.begin_waiting(now)

    def in_system(self) -> int:
        """Tasks that wait or are in hand here."""
        return len(self.waiting) + len(self.guests) + len(self.busy)
