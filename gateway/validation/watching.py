"""Rules of EventService, MonitorService and AdminService."""

from collections.abc import Mapping

from google.protobuf.message import Message

from gateway import names
from gateway.v1 import admin_pb2, event_pb2, monitor_pb2
from gateway.validation import checks as k
from gateway.validation.task import PROVINCE_NAME

_PROVINCE_ID = k.matching(names.PROVINCE_PATTERN, "expected a province id, for instance fujian")
_POSITION_MAX = 2**63 - 1
_CURSOR = k.Rules({"province": _PROVINCE_ID, "after_position": k.between(-1, _POSITION_MAX)}, required=("province",))

RULES: Mapping[type[Message], k.Rules] = {
    event_pb2.ListEventsRequest: k.Rules(
        {"parent": PROVINCE_NAME, "after_position": k.between(0, _POSITION_MAX), **k.PAGE, **k.FILTER},
        required=("parent",),
    ),
    event_pb2.StreamEventsRequest: k.Rules({"cursors": k.items(36, _CURSOR, key="province")}),
    monitor_pb2.GetOverviewRequest: k.Rules({}),
    monitor_pb2.WatchOverviewRequest: k.Rules({"interval_ms": k.between(200, 60_000)}),
    admin_pb2.GetServerInfoRequest: k.Rules({}),
    admin_pb2.ListProvinceRuntimesRequest: k.Rules(k.PAGE),
    # The coordinator's journal is called hq, which has the form of a province id.
    admin_pb2.VerifyJournalRequest: k.Rules({"journal": _PROVINCE_ID}, required=("journal",)),
}
