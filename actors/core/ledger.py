"""Who owes whom for shared work.

When a host decides a task of another province, two legs are posted in the same frame as the decision: the home is debited, the host
is credited, both in whole fen. So the legs of a frame always sum to zero, and a leg exists only if its decision does.
"""

import msgspec

from actors.core.country import TaskKind
from actors.core.ids import ProvinceCode, TaskId

#: Standard minutes that make one work unit (折算件).
UNIT_MINUTES = 6


class LedgerLeg(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a posting."""

    province: ProvinceCode
    counterparty: ProvinceCode
    task_id: TaskId
    #: Positive: the province is owed; negative: it owes. Fen.
    amount_fen: int
    #: Work credited to the host (positive) or received by the home (negative), thousandths of a work unit.
    work_units_milli: int


def legs_of(
    task: TaskId, kind: TaskKind, *, home: ProvinceCode, host: ProvinceCode, work_units_milli: int
) -> tuple[LedgerLeg, ...]:
    """The legs of a decision: none when the home decided itself, two that sum to zero otherwise."""
    if home == host:
        return ()
    return (
        LedgerLeg(
            province=home,
            counterparty=host,
            task_id=task,
            amount_fen=-kind.tariff_fen,
            work_units_milli=-work_units_milli,
        ),
        LedgerLeg(
            province=host,
            counterparty=home,
            task_id=task,
            amount_fen=kind.tariff_fen,
            work_units_milli=work_units_milli,
        ),
    )


def work_units_milli(kind: TaskKind, complexity: int = 0) -> int:
    """Credit for one task: `UNIT_MINUTES` standard minutes of its kind and complexity are one work unit. Thousandths of a unit."""
    return kind.minutes_for(complexity) * 1000 // UNIT_MINUTES
