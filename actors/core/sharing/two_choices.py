"""The less loaded of two hosts: how a province finds a host by itself, when nobody sees the whole country.

Two hosts are drawn for each task and the less loaded one is taken: nearly as good as knowing all of them (Mitzenmacher's power of two choices), and
it does not send the whole country to the one province that looked best in a picture that all remember. Drawn means by a hash of the
task's id and of its attempt: the same in every replay, another pair after a refusal.
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b

from actors.core.ids import KindId, ProvinceCode, TaskId
from actors.core.sharing.lending import Lender


def draw_two(task_id: TaskId, attempt: int, lenders: Sequence[Lender]) -> tuple[Lender, ...]:
    """Two different lenders of the sequence, or all that there are if fewer."""
    if len(lenders) <= 2:
        return tuple(lenders)
    drawn = int.from_bytes(blake2b(f"{task_id}/{attempt}".encode(), digest_size=8).digest(), "big")
    first = drawn % len(lenders)
    second = (first + 1 + drawn // len(lenders) % (len(lenders) - 1)) % len(lenders)
    return lenders[first], lenders[second]


def by_load(drawn: Sequence[Lender], pledged: Mapping[tuple[ProvinceCode, KindId], int]) -> list[Lender]:
    """The drawn lenders, the less loaded first, ties by code.

    Args:
        pledged: tasks sent to (host, kind) since the picture was taken; they are part of the load.
    """

    def load_permille(lender: Lender) -> int:
        sent = sum(count for (host, _), count in pledged.items() if host == lender.host.province)
        return 1_000 * (lender.host.in_use + sent) // max(1, lender.host.capacity)

    return sorted(drawn, key=lambda lender: (load_permille(lender), lender.host.province))


def may_take(lender: Lender, sent: int, age_ms: int) -> bool:
    """Whether a lender can be thought to have room for one more.

    Args:
        sent: tasks of the kind sent there since the picture was taken.
        age_ms: of the picture. The people that it showed free are thought to be so again after each handle time.
    """
    return sent < lender.lendable * (1 + age_ms // max(1, lender.kind.handle_ms))
