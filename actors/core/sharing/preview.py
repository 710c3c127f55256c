"""What a preview of a sharing policy says. How it is made: `actors.core.previewing`."""

import msgspec

from actors.core.ids import ProvinceCode, TaskId


class LenderPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What the moves do to one host."""

    province: ProvinceCode
    tasks: int
    #: Expected wait there for a task of the kinds that go there, weighted by how many of each, ms.
    wait_before_ms: int
    wait_after_ms: int
    #: Tasks of these kinds that could be begun there at once, and people kept for own work.
    free_capacity: int
    reserve_operators: int


class MovesPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy would move."""

    #: (task, host, reason) in the order in which they leave.
    moves: tuple[tuple[TaskId, ProvinceCode, str], ...] = ()
    #: Reason -> tasks that stay for it.
    stays: dict[str, int] = {}
    #: Most tasks first.
    lenders: tuple[LenderPreview, ...] = ()
    #: Mean expected wait of what waits here, ms; -1: nobody is on duty.
    wait_before_ms: int = 0
    wait_after_ms: int = 0
