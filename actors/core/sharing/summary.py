"""What a province says of itself to the country, and all provinces together: the only knowledge that sharing works by."""

import msgspec

from actors.core.country import Line, ProvinceStatus, SharingPolicy
from actors.core.ids import KindId, OperatorId, ProvinceCode
from actors.core.line_summary import LineSummary

#: Stands for "nobody here can do it": longer than any real wait. Milliseconds (ten days).
WAIT_UNBOUNDED_MS = 10 * 24 * 3_600_000


class KindSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One kind in one province."""

    kind: KindId
    line: Line
    waiting: int = 0
    #: Operators on duty, heard lately, who may do the kind for other provinces; none while the line's hours do not run.
    eligible: int = 0
    #: Tasks these people could take at once.
    free_capacity: int = 0
    #: Time until a task that joins the queue now is taken up.
    expected_wait_ms: int = WAIT_UNBOUNDED_MS
    #: Mean handle time here (shrunk to the kind's standard).
    handle_ms: int = 0
    #: Mean number of such tasks done by the three most experienced of them.
    experience: int = 0
    #: The most experienced of them.
    best_operator: OperatorId = OperatorId("")
    #: QA pass ratio, permille; -1: no samples.
    quality_permille: int = -1
    #: How hard pressed the home is in the kind's line, by its matching model: sharing starts at an expected wait so much shorter.
    pressure_permille: int = 0


class ProvinceSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A province in a few kilobytes, as of `time_ms` (wall clock)."""

    province: ProvinceCode
    time_ms: int
    status: ProvinceStatus
    policy: SharingPolicy
    epoch: int = 0
    sequence: int = 0
    #: Its disk takes no writes: it can neither give work away nor record that it has taken any in.
    is_read_only: bool = False
    kinds_revision: int = 0
    model_revision: int = 0
    kinds: tuple[KindSummary, ...] = ()
    lines: tuple[LineSummary, ...] = ()
    #: Capacity of the people on duty, and what of it is in use.
    capacity: int = 0
    in_use: int = 0
    #: Home -> pass ratio of its tasks here less the line's own, permille; homes without reviews are left out.
    shared_quality_gaps: dict[ProvinceCode, int] = {}
    #: Open tasks by state and waiting tasks by line.
    open_by_state: dict[str, int] = {}
    waiting_by_line: dict[str, int] = {}
    operators: int = 0
    signed_in: int = 0
    available: int = 0
    shared_in: int = 0
    #: Tasks of other homes taken in today.
    shared_in_today: int = 0
    #: Tasks of this home that are open elsewhere.
    shared_out: int = 0
    #: Tasks of this home that are on their way out; whether they are elsewhere is not known here yet.
    leaving: int = 0
    oldest_waiting_ms: int = 0
    #: Time for which the oldest task in transit from here is held by nobody, and who should take it; 0: none is in transit.
    oldest_transit_ms: int = 0
    oldest_transit_host: str = ""
    created_count: int = 0
    decided_count: int = 0
    decided_shared_count: int = 0
    #: Drill -> its shadow tasks that the province knows open: its own wherever they are, others' that are here.
    shadow_tasks: dict[str, int] = {}

    @property
    def may_share(self) -> bool:
        """Whether it can give work away and take work in at present."""
        return self.status is ProvinceStatus.ACTIVE and not self.is_read_only


def mean_wait_ms(summary: ProvinceSummary) -> int:
    """Mean expected wait of what waits, weighted by tasks, ms; -1 when nobody works there."""
    served = [kind for kind in summary.kinds if kind.expected_wait_ms < WAIT_UNBOUNDED_MS]
    if not served:
        return -1
    waiting = sum(kind.waiting for kind in served)
    return sum(kind.expected_wait_ms * kind.waiting for kind in served) // waiting if waiting else 0


class NationalPicture(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All provinces that answered lately, in code order."""

    #: Incarnation of the coordinator that took it, and its count of pictures: together they say which of two is newer. Its clock does not.
    epoch: int = 0
    revision: int = 0
    time_ms: int = 0
    provinces: tuple[ProvinceSummary, ...] = ()


class EncodedPicture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture as it travels: the same bytes to every province, and most are replaced before anybody looks into them.

    Encoded for each province and decoded by each, 72 pictures a second took a twentieth of the CPU of a country of 36.
    """

    #: As in the picture.
    epoch: int
    revision: int
    body: bytes

    def decoded(self) -> NationalPicture:
        """What `encode_picture` was given.

        Raises:
            msgspec.DecodeError: the body is something else.
        """
        return _picture.decode(self.body)


_picture = msgspec.msgpack.Decoder(NationalPicture)


def encode_picture(picture: NationalPicture) -> EncodedPicture:
    """Make a picture ready to be sent to everybody."""
    return EncodedPicture(epoch=picture.epoch, revision=picture.revision, body=msgspec.msgpack.encode(picture))
