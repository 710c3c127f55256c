"""The coordinator's last advice, and what the province has made of it since: soft state that a restart begins without.

With each picture what was found out from the one before begins anew: who may host what, what was sent there, what stands in line to be evacuated.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy

from actors.core.country import Line
from actors.core.ids import KindId, ProvinceCode, TaskId
from actors.core.matching.hosting import Hosting
from actors.core.matching.record import MatchingModel
from actors.core.sharing.flows import MoveFlow
from actors.core.sharing.hosts import hosts_by_kind
from actors.core.sharing.pressure import Sharing
from actors.core.sharing.summary import EncodedPicture, KindSummary, NationalPicture, ProvinceSummary, encode_picture
from actors.core.state import ProvinceState
from actors.core.statistics.reading import Reading


class Advice:
    """The last picture and the flows that came with it. All instants are monotonic ms."""

    def __init__(self) -> None:
        #: The last picture, and what is in it once somebody has looked.
        self._encoded = encode_picture(NationalPicture())
        self._picture: NationalPicture | None = None
        #: Who may host which kind by the picture; None: not looked up since it came.
        self._hosts: dict[KindId, list[tuple[ProvinceSummary, KindSummary]]] | None = None
        #: The matching model that `_hosting` was made of, and what it makes of the picture's hosts by line; empty: not asked yet.
        self._model: MatchingModel | None = None
        self._hosting: Hosting | None = None
        self._host_points: dict[Line, dict[ProvinceCode, int]] = {}
        #: Tasks sent since the picture was taken.
        self.pledged: dict[tuple[ProvinceCode, KindId], int] = {}
        #: What is left of the coordinator's advice.
        self.flows: dict[KindId, dict[ProvinceCode, tuple[int, str]]] = {}
        #: When advice came last; None: never since this incarnation began.
        self._advised_ms: int | None = None
        #: Not before this instant does the province look whether it must help itself, and what it did so for at the last look.
        self.help_after_ms = 0
        self.helping: Sharing = frozenset()
        #: Waiting tasks in the order of an evacuation, the one that leaves first last; empty: not sorted since the picture came.
        self.evacuation_order: list[TaskId] = []
        #: Not before this instant is the queue searched for tasks to evacuate.
        self.evacuate_after_ms = 0

    @property
    def has_picture(self) -> bool:
        """Whether the coordinator has told anything since this incarnation began."""
        return self._advised_ms is not None

    @property
    def picture(self) -> NationalPicture:
        """The country as the coordinator saw it last."""
        if self._picture is None:
            self._picture = self._encoded.decoded()
        return self._picture

    def take(self, picture: EncodedPicture, flows: tuple[MoveFlow, ...], now_ms: int) -> None:
        """Replace the last advice, unless this one is older or the same again (its flows may be half done already)."""
        if (picture.epoch, picture.revision) <= (self._encoded.epoch, self._encoded.revision):
            return
        self._encoded = picture
        self._picture = None
        self._advised_ms = now_ms
        self.helping = frozenset()
        self._hosts = None
        self._host_points = {}
        self.pledged = {}
        # There may be hosts now for what had none.
        self.evacuate_after_ms = 0
        self.evacuation_order = []
        self._take_flows(flows)

    def copied(self, flows: Iterable[MoveFlow] = ()) -> "Advice":
        """The same picture and pledges with these flows, to try what would leave."""
        twin = copy(self)
        twin.pledged = dict(self.pledged)
        twin.evacuation_order = []
        twin.evacuate_after_ms = 0
        twin._take_flows(flows)
        return twin

    def _take_flows(self, flows: Iterable[MoveFlow]) -> None:
        self.flows = {}
        for flow in flows:
            self.flows.setdefault(flow.kind, {})[flow.host] = (flow.count, flow.reason)

    def unadvised_ms(self, now_ms: int) -> int:
        """For how long no advice has come; 0 before the first, when there is no picture to go by either."""
        return 0 if self._advised_ms is None else now_ms - self._advised_ms

    def pledged_to(self, host: ProvinceCode) -> int:
        """Tasks of all kinds sent to a host since the picture was taken."""
        return sum(count for (code, _), count in self.pledged.items() if code == host)

    def hosts_of(self, kind: KindId) -> Sequence[tuple[ProvinceSummary, KindSummary]]:
        """Provinces with eligible people on duty for a kind, the most experienced first. Most pictures are never asked."""
        if self._hosts is None:
            self._hosts = hosts_by_kind(self.picture)
        return self._hosts.get(kind, ())

    def hosting(self, model: MatchingModel) -> Hosting:
        """The model's parameters of provinces, made once for each model."""
        if self._hosting is None or self._model is not model:
            self._model, self._hosting, self._host_points = model, Hosting(model), {}
        return self._hosting

    def host_points(self, state: ProvinceState, line: Line, now_ms: int) -> Mapping[ProvinceCode, int]:
        """What the matching model makes of the picture's hosts for tasks of a line; worked out once for each picture.

        Args:
            now_ms: wall clock.
        """
        hosting = self.hosting(state.model)
        known = self._host_points.get(line)
        if known is None:
            reading = Reading(state.statistics, now_ms)
            known = hosting.host_points(state.province, self.picture.provinces, line, reading)
            self._host_points[line] = known
        return known
