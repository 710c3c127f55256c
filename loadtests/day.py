"""A day's tasks of three lines over the branches, drawn from a seed and compressed into a play of about a minute.

The model. About 99 % of simple cases are decided by rules before people see them, so kinds that need authority weigh more. Arrivals of a
given number of tasks are independent draws from branch, kind and time of day: that is a Poisson process whose total is known. The time
of day has a morning and an afternoon peak and a lunch dip; Xinjiang and Tibet live two hours later; at the end of a month new business
and servicing rise by 30 % against claims. Branches get work by the number of their people and a load drawn from .75 to .90 of it, as in
the reference scenario.

Not modelled: weekends, campaigns, correlation from day to day; one day is one draw.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.v1 import task_pb2
from loadtests.catalogue import Branch, Kind, Line
from loadtests.facts import NO_FACTS, Facts, draw_facts
from loadtests.roster import people_count

#: The day that is played: from 08:30, when most branches open, to 19:30, when Xinjiang and Tibet close. Minutes after midnight.
DAY_START_MINUTES = 8 * 60 + 30
DAY_MINUTES = 11 * 60
SERVICE_MINUTES = 9 * 60
#: Arrivals per half-hour from a branch's opening on.
HALF_HOURS = (0.4, 0.9, 1.3, 1.4, 1.4, 1.2, 0.8, 0.4, 0.4, 0.6, 0.9, 1.3, 1.4, 1.3, 1.2, 1.0, 0.8, 0.5)
#: Branches that open later, minutes.
LATE_MINUTES: dict[str, int] = {"xinjiang": 120, "xizang": 120}
#: Share of the tasks per line.
LINE_SHARES: dict[Line, float] = {Line.CLAIMS: 0.40, Line.SERVICING: 0.38, Line.UNDERWRITING: 0.22}
MONTH_END_FACTOR = 1.3
MONTH_END_LINES = (Line.SERVICING, Line.UNDERWRITING)
#: Load of a branch against its people.
LOAD_RANGE = (0.75, 0.90)
#: Share of complexity 1 to 5 among what people see.
COMPLEXITY_SHARES = (0.05, 0.15, 0.35, 0.30, 0.15)
#: Median amount per line, fen, and the spread (sigma of its logarithm).
AMOUNT_FEN: dict[Line, tuple[int, float]] = {
    Line.CLAIMS: (800_000, 1.3),
    Line.SERVICING: (2_000_000, 1.0),
    Line.UNDERWRITING: (30_000_000, 0.9),
}
AMOUNT_MAX_FEN = 500_000_000_00
#: A kind whose id ends so goes through the green channel; it is rare.
GREEN_SUFFIX = "-green"
GREEN_WEIGHT = 0.15
CHANNELS = ("counter", "app", "agent", "wechat", "hotline")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTask:
    """One task of the day, before it is sent."""

    #: When it arises, real seconds from the start of the play.
    at_s: float
    province: str
    external_id: str
    kind: str
    line: Line
    complexity: int = 3
    priority: int = 0
    green_channel: bool = False
    amount_fen: int = 0
    page_count: int = 0
    policy_count: int = 0
    channel: str = ""
    customer_id: str = ""
    customer_tier: int = 0
    case_id: str = ""
    risk_score_permille: int = 0
    vulnerable: bool = False
    complaint: bool = False
    home_only: bool = False
    note: str = ""
    facts: Facts = NO_FACTS

    def to_wire(self, now_ms: int) -> task_pb2.Task:
        """The task as the contract has it, sent at `now_ms`."""
        task = task_pb2.Task(
            external_id=self.external_id,
            kind=self.kind,
            complexity=self.complexity,
            priority=self.priority,
            green_channel=self.green_channel,
            amount_fen=self.amount_fen,
            page_count=self.page_count,
            policy_count=self.policy_count,
            channel=self.channel,
            customer_id=self.customer_id,
            customer_tier=self.customer_tier,
            case_id=self.case_id,
            risk_score_permille=self.risk_score_permille,
            vulnerable=self.vulnerable,
            complaint=self.complaint,
            home_only=self.home_only,
            note=self.note,
        )
        self.facts.write(task, now_ms)
        return task


def play_second(minutes: float, day_s: float) -> float:
    """The real second of the play for a time of day (minutes after midnight); times outside the day count as its ends."""
    return min(max(minutes - DAY_START_MINUTES, 0.0), DAY_MINUTES) / DAY_MINUTES * day_s


def make_day(
    seed: int, branches: Sequence[Branch], kinds: Sequence[Kind], tasks: int, day_s: float, *, month_end: bool = False
) -> list[DayTask]:
    """`tasks` tasks in the order in which they arise. The order of branches and kinds does not matter.

    Args:
        day_s: real seconds that the day of eleven hours takes.
        month_end: play a last day of the month.
    """
    rng, told = random.Random(f"day/{seed}"), random.Random(f"facts/{seed}")
    branches = sorted(branches, key=lambda branch: branch.province)
    kinds = sorted(kinds, key=lambda kind: kind.kind)
    branch_weights = [people_count(branch) * rng.uniform(*LOAD_RANGE) for branch in branches]
    kind_weights = _kind_weights(kinds, month_end=month_end)
    day = [
        replace(_task(rng, number, branch, kind, day_s), facts=draw_facts(told, branch.province, kind.line, kind.kind))
        for number, (branch, kind) in enumerate(
            zip(
                rng.choices(branches, branch_weights, k=tasks),
                rng.choices(kinds, kind_weights, k=tasks),
                strict=True,
            ),
            start=1,
        )
    ]
    return sorted(day, key=lambda task: (task.at_s, task.external_id))


def _kind_weights(kinds: Sequence[Kind], *, month_end: bool) -> list[float]:
    """Share of each kind: its line's share, within the line skewed to kinds that need authority."""
    own = [(GREEN_WEIGHT if kind.kind.endswith(GREEN_SUFFIX) else 1 + kind.authority / 6) for kind in kinds]
    of_line = dict.fromkeys(Line, 0.0)
    for kind, weight in zip(kinds, own, strict=True):
        of_line[kind.line] += weight
    return [
        weight
        / of_line[kind.line]
        * LINE_SHARES[kind.line]
        * (MONTH_END_FACTOR if month_end and kind.line in MONTH_END_LINES else 1.0)
        for kind, weight in zip(kinds, own, strict=True)
    ]


def _task(rng: random.Random, number: int, branch: Branch, kind: Kind, day_s: float) -> DayTask:
    half_hour = rng.choices(range(len(HALF_HOURS)), HALF_HOURS)[0]
    minutes = DAY_START_MINUTES + LATE_MINUTES.get(branch.province, 0) + 30 * (half_hour + rng.random())
    complexity = rng.choices((1, 2, 3, 4, 5), COMPLEXITY_SHARES)[0]
    median_fen, sigma = AMOUNT_FEN[kind.line]
    amount_fen = round(rng.lognormvariate(math.log(median_fen), sigma))
    return DayTask(
        at_s=play_second(minutes, day_s),
        province=branch.province,
        external_id=f"{branch.province[:2].upper()}-{number:06d}",
        kind=kind.kind,
        line=kind.line,
        complexity=complexity,
        priority=rng.choices((0, 1, 2, 3, 5), (60, 20, 10, 7, 3))[0],
        green_channel=kind.kind.endswith(GREEN_SUFFIX),
        amount_fen=min(amount_fen, AMOUNT_MAX_FEN),
        page_count=complexity * rng.randint(3, 12),
        policy_count=rng.choices((1, 2, 3), (80, 15, 5))[0],
        channel=rng.choice(CHANNELS),
        customer_tier=rng.choices((1, 2, 3, 4, 5), (40, 30, 15, 10, 5))[0],
        risk_score_permille=min(999, round(rng.expovariate(1 / 180))),
        vulnerable=rng.random() < 0.04,
        complaint=rng.random() < 0.01,
    )


def first_green(tasks: Sequence[DayTask], province: str) -> str | None:
    """External id of the first green-channel task of a branch."""
    return next((task.external_id for task in tasks if task.province == province and task.green_channel), None)


def green_case(province: str, kinds: Sequence[Kind], at_s: float) -> DayTask:
    """A green-channel claim of a branch.

    Raises:
        LookupError: the catalogue has no green-channel kind.
    """
    kind = next((kind for kind in kinds if kind.kind.endswith(GREEN_SUFFIX)), None)
    if kind is None:
        raise LookupError(f"the country has no kind of work that ends in {GREEN_SUFFIX}")
    return DayTask(
        at_s=at_s,
        province=province,
        external_id=f"{province}-green-1",
        kind=kind.kind,
        line=kind.line,
        priority=9,
        green_channel=True,
        amount_fen=3_500_000,
        page_count=18,
        channel="hotline",
        vulnerable=True,
        note="Stroke unit; the hospital waits for the payment guarantee.",
    )
