"""What a personnel file knows of somebody besides what they have done: licences, costs, training, shifts, conflicts of interest.

All of it is drawn from a seed of its own, so that it changes nothing of who knows which kind. Plausible, not measured: seniors are there
for longer, cost more and train others; clerks are in training for what they may not do yet. Daily quotas are left out: a play packs a day
into a minute, and whoever had one would be done before noon. Shifts are laid around the moment of enrolment for the same reason.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.v1 import operator_pb2
from loadtests.catalogue import LINES_OUT, Kind, Line

#: 1 January 2026 in Shanghai, Unix milliseconds: the day on which the file was drawn up.
DRAWN_UP_MS = 1_767_196_800_000
DAY_MS = 86_400_000
DAY_MINUTES = 1_440
SHANGHAI_OFFSET_MINUTES = 480
#: Licences run out so many days after the file was drawn up.
LICENCE_DAYS = (1_800, 3_600)
#: Fen an hour of a clerk, and what each level of authority adds.
HOURLY_FEN = 4_500
HOURLY_FEN_PER_LEVEL = 900
SHIFT_MINUTES = 600
#: A shift has begun so long ago at most when somebody is enrolled; the break comes after that.
BEGUN_MINUTES_MAX = 180
BREAK_AFTER_MINUTES, BREAK_MINUTES = 240, 60
#: Customers of a branch that tasks come from; the last ones are relatives and clients of its people, each of one person only.
CUSTOMERS = 600
#: Share of the people with such a conflict.
CONFLICT_SHARE = 0.2
#: What is spoken besides Mandarin, where many old people speak nothing else.
DIALECTS: dict[str, str] = {
    "fujian": "nan",
    "xiamen": "nan",
    "guangdong": "yue",
    "shenzhen": "yue",
    "guangxi": "yue",
    "hainan": "nan",
    "shanghai": "wuu",
    "zhejiang": "wuu",
    "ningbo": "wuu",
    "jiangxi": "gan",
    "hunan": "hsn",
    "xinjiang": "ug",
    "xizang": "bo",
    "neimenggu": "mn",
}
#: Share of the people who speak their branch's dialect.
DIALECT_SHARE = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Career:
    """A personnel file. The default one is empty: nothing is known."""

    hired_ms: int = 0
    #: Line -> end of the licence, Unix ms.
    licences: tuple[tuple[Line, int], ...] = ()
    training_hours: int = 0
    hourly_cost_fen: int = 0
    #: How long before the enrolment the shift began, minutes; -1: no shift is known.
    begun_minutes: int = -1
    conflicts: tuple[str, ...] = ()
    training_kinds: tuple[str, ...] = ()
    mentor: bool = False
    languages: tuple[str, ...] = ("zh",)

    def write(self, entry: operator_pb2.Operator, now_ms: int) -> None:
        """Put the file into a roster entry that is sent at `now_ms`."""
        entry.hire_time_ms = self.hired_ms
        for line, expires_ms in self.licences:
            entry.certificates.add(line=LINES_OUT[line], expire_time_ms=expires_ms)
        entry.training_hours_90d = self.training_hours
        entry.hourly_cost_fen = self.hourly_cost_fen
        entry.conflicts.extend(self.conflicts)
        entry.training_kinds.extend(self.training_kinds)
        entry.mentor = self.mentor
        entry.languages.extend(self.languages)
        if self.begun_minutes >= 0:
            entry.shift.CopyFrom(self._shift(now_ms))

    def _shift(self, now_ms: int) -> operator_pb2.Shift:
        start = now_ms // 60_000 + SHANGHAI_OFFSET_MINUTES - self.begun_minutes
        away = start + BREAK_AFTER_MINUTES
        return operator_pb2.Shift(
            start_minute=start % DAY_MINUTES,
            end_minute=(start + SHIFT_MINUTES) % DAY_MINUTES,
            break_start_minute=away % DAY_MINUTES,
            break_end_minute=(away + BREAK_MINUTES) % DAY_MINUTES,
        )


UNKNOWN_CAREER = Career()


def customer_of(province: str, number: int) -> str:
    """Id of a branch's customer, 0..`CUSTOMERS` - 1."""
    return f"{province}-c{number:04d}"


def draw_career(
    rng: random.Random,
    province: str,
    number: int,
    line: Line,
    authority: int,
    kinds: Sequence[Kind],
    done: Sequence[str],
) -> Career:
    """The file of the `number`-th person of a branch.

    Args:
        authority: in their own line, 0..9.
        kinds: all there are; of these the person has `done` some.
    """
    months = round(rng.lognormvariate(0.0, 0.4) * (6 + 18 * authority))
    not_yet = [kind.kind for kind in kinds if kind.line is line and kind.kind not in done]
    # In the order of the people, from the last customer on, so that no two of them have a conflict with the same one.
    has_conflict = rng.random() < CONFLICT_SHARE and number <= CUSTOMERS
    speaks_dialect = rng.random() < DIALECT_SHARE and province in DIALECTS
    return Career(
        hired_ms=DRAWN_UP_MS - min(months, 420) * 30 * DAY_MS,
        licences=tuple((each, DRAWN_UP_MS + rng.randint(*LICENCE_DAYS) * DAY_MS) for each in Line),
        training_hours=rng.randint(0, 24) if authority > 2 else rng.randint(8, 60),
        hourly_cost_fen=HOURLY_FEN + HOURLY_FEN_PER_LEVEL * authority + 100 * rng.randint(0, 8),
        begun_minutes=rng.randint(0, BEGUN_MINUTES_MAX),
        conflicts=(customer_of(province, CUSTOMERS - number),) if has_conflict else (),
        training_kinds=tuple(rng.sample(not_yet, min(2, len(not_yet)))),
        mentor=authority >= 4,
        languages=("zh", DIALECTS[province]) if speaks_dialect else ("zh",),
    )
