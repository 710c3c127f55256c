"""The attributes by which pair parameters look at tasks: what a task is like, as keys.

A key that says nothing (no product named, a customer whom nobody here has served) is None: such a task has no row in that attribute's table
and its pairs get no points from it, which is what NaN would give.
"""

from collections.abc import Hashable
from typing import NamedTuple

from actors.core.country import TaskKind
from actors.core.ids import OperatorId
from actors.core.matching.parameters import Attribute
from actors.core.matching.record import ExplorationSettings, FilterSettings, MatchingModel
from actors.core.matching.views.suitability import Family, Needs
from actors.core.queue import authority_needed
from actors.core.statistics.cells import amount_band
from actors.core.task import PriorReason, Task, TaskSpec

#: Time left before the promise counts in steps: (up to so many minutes, step); beyond the last it is not told apart.
SLACK_STEPS = ((60, 1), (480, 5), (2_880, 60))
#: An earlier decider of these is no stranger to the task, and no judge in their own cause either.
_KNOWING = (PriorReason.REOPENED, PriorReason.SENT_BACK)


def slack_step(minutes: int) -> int:
    """Minutes left, rounded down to the step; 0 at least."""
    for limit, step in SLACK_STEPS:
        if minutes <= limit:
            return max(0, minutes // step * step)
    return SLACK_STEPS[-1][0]


def keys_of(task: Task, kind: TaskKind, model: MatchingModel) -> tuple[Hashable, ...]:
    """The keys of a task that change with its record alone, in the order of `KEYS`; None: it has nothing to say there."""
    spec, line, filters = task.spec, task.line, model.filters
    return (
        "",
        line,
        spec.kind,
        spec.kind if is_low_risk(spec, model.exploration) else None,
        "",
        "",
        "",
        spec.kind,
        spec.kind,
        (spec.product, line) if spec.product else None,
        (task.home, line),
        (spec.channel, line) if spec.channel else None,
        (str(amount_band(spec.amount_fen)), line) if spec.amount_fen else None,
        (spec.hospital, line) if spec.hospital else None,
        spec.language or None,
        Needs(
            line,
            authority_needed(task, kind),
            amount_authority(filters, spec.amount_fen),
            kind.required_skills + spec.required_skills,
            spec.privacy_level or 1,
            spec.dispute
            or bool(filters.fraud_level_experienced and spec.fraud_alert_level >= filters.fraud_level_experienced),
        ),
    )


#: The attributes of `keys_of`.
KEYS = (
    Attribute.PERSON,
    Attribute.LINE,
    Attribute.KIND,
    Attribute.TRIAL,
    Attribute.TEAM,
    Attribute.LOAD,
    Attribute.TODAY,
    Attribute.KIND_LAST,
    Attribute.KIND_LOAD,
    Attribute.PRODUCT,
    Attribute.HOME,
    Attribute.CHANNEL,
    Attribute.AMOUNT_BAND,
    Attribute.HOSPITAL,
    Attribute.LANGUAGE,
    Attribute.NEEDS,
)


class Said(NamedTuple):
    """What a task's record alone says of single people: of most tasks nothing."""

    customer_id: str
    #: The case, and who is known to know it; None: neither.
    family: Family | None
    #: Whether it prefers, excludes or points back at somebody, or somebody has declined it.
    names_anybody: bool


def said_of(task: Task) -> Said:
    """What a task says of single people."""
    spec = task.spec
    names = bool(
        spec.preferred_operator
        or task.declines
        or spec.excluded_operators
        or spec.dispute
        or spec.prior_reason is PriorReason.APPEALED
    )
    return Said(spec.customer_id, family_of(task), names)


def is_low_risk(spec: TaskSpec, settings: ExplorationSettings) -> bool:
    """Whether somebody new to the kind may be tried out on the task; never where the model tries out nobody.

    A risk or an amount that the branch did not tell is nought, as everywhere: what keeps the delicate away is then the alert, the dispute
    and the green channel.
    """
    delicate = spec.green_channel or spec.dispute or spec.prior_reason is PriorReason.APPEALED or spec.fraud_alert_level
    return (
        settings.decided_min > 0
        and not delicate
        and spec.risk_score_permille <= settings.risk_permille_max
        and spec.amount_fen <= settings.amount_fen_max
    )


def amount_authority(filters: FilterSettings, amount_fen: int) -> int:
    """Authority that the model asks for an amount."""
    needed = 0
    for limit_fen, authority in filters.amount_authority:
        if amount_fen >= limit_fen:
            needed = authority
    return needed


def family_of(task: Task) -> Family | None:
    """The task's case and who is known to know it, or None."""
    spec = task.spec
    knows = () if task.prefers is None else (task.prefers,)
    if spec.prior_operator and (spec.resubmitted or spec.prior_reason in _KNOWING) and not spec.dispute:
        knows = (*knows, OperatorId(spec.prior_operator))
    return Family(spec.case_id, knows) if spec.case_id or knows else None
