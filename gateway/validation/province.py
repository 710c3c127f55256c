"""Rules of ProvinceService."""

from collections.abc import Mapping

from google.protobuf.message import Message

from gateway import names
from gateway.conversion.enums import RECALLS_IN, SHARE_OUT_MODES_IN
from gateway.v1 import province_pb2
from gateway.validation import checks as k
from gateway.validation.task import PROVINCE_NAME

_PROVINCE_ID = k.matching(names.PROVINCE_PATTERN, "expected a province id, for instance fujian")
_NUMBER = k.between(1, 2**63 - 1)
_POLICY_NAME = k.named(names.is_policy_name, "provinces/{province}/sharingPolicy")

PROVINCE_FIELDS: dict[str, k.Check] = {
    "display_name": k.free_text(100),
    "display_name_zh": k.free_text(100),
}
_PROVINCE = k.Rules(
    {field.name: k.anything for field in province_pb2.Province.DESCRIPTOR.fields}
    | PROVINCE_FIELDS
    | {"name": PROVINCE_NAME},
    required=("name",),
)

POLICY_FIELDS: dict[str, k.Check] = {
    "share_out_mode": k.one_of(
        SHARE_OUT_MODES_IN,
        ("SHARE_OUT_MODE_CLOSED", "SHARE_OUT_MODE_OVERFLOW", "SHARE_OUT_MODE_BEST_MATCH", "SHARE_OUT_MODE_EVACUATE"),
    ),
    "share_out_ratio_permille": k.between(0, 1_000),
    "activation_wait_ms": k.between(0, 604_800_000),
    "release_wait_ms": k.between(0, 604_800_000),
    "allowed_hosts": k.items(36, _PROVINCE_ID, key=""),
    "blocked_hosts": k.items(36, _PROVINCE_ID, key=""),
    "kinds": k.items(256, k.identifier(), key=""),
    "max_amount_fen": k.AMOUNT,
    "share_in_quota": k.between(0, 1_000_000),
    "reserve_operators": k.between(0, 10_000),
    "effective_from_ms": k.between(0, k.TIME_MAX_MS),
    "effective_until_ms": k.between(0, k.TIME_MAX_MS),
    "on_time_floor_permille": k.between(0, 1_000),
    "share_in_daily_quota": k.between(0, 1_000_000),
    "recall": k.one_of(RECALLS_IN, ("RECALL_NEVER", "RECALL_UNBEGUN")),
    "needs_two_people": k.anything,
    "best_match_gain_points": k.between(0, 10_000),
}
_CHANGED_POLICY = k.Rules(
    POLICY_FIELDS
    | {
        "name": _POLICY_NAME,
        "revision": k.between(0, 2**63 - 1),
        "update_time_ms": k.anything,
        "updater": k.anything,
        "newest_revision": k.anything,
        "scheduled": k.anything,
        "proposals": k.anything,
        "approver": k.anything,
    },
    required=("name",),
)


def _between_fields(policy: province_pb2.SharingPolicy) -> k.Wrong:
    """What holds between the fields of a policy."""
    wrong: list[tuple[str, str]] = []
    if policy.release_wait_ms > policy.activation_wait_ms:
        wrong.append(("release_wait_ms", "expected at most activation_wait_ms"))
    if 0 < policy.effective_until_ms <= policy.effective_from_ms:
        wrong.append(("effective_until_ms", "expected an instant after effective_from_ms"))
    return wrong or None


#: A policy after its change: what holds between fields can only be seen there.
WHOLE_POLICY = k.Rules(
    _CHANGED_POLICY.fields,
    required=("name", "share_out_mode"),
    whole=_between_fields,
)

_CHANGE_STATE = k.Rules(
    {"name": PROVINCE_NAME, "reason": k.REASON, "request_id": k.REQUEST_ID}, required=("name", "reason", "request_id")
)

RULES: Mapping[type[Message], k.Rules] = {
    province_pb2.GetProvinceRequest: k.Rules({"name": PROVINCE_NAME}, required=("name",)),
    province_pb2.ListProvincesRequest: k.Rules({**k.PAGE, **k.FILTER, **k.ORDER}),
    province_pb2.UpdateProvinceRequest: k.Rules(
        {
            "province": _PROVINCE,
            "update_mask": k.mask_of(*PROVINCE_FIELDS, required=True),
            "request_id": k.REQUEST_ID,
        },
        required=("province", "update_mask", "request_id"),
    ),
    province_pb2.SuspendProvinceRequest: _CHANGE_STATE,
    province_pb2.ResumeProvinceRequest: _CHANGE_STATE,
    province_pb2.DrainProvinceRequest: _CHANGE_STATE,
    province_pb2.EvacuateProvinceRequest: k.Rules(
        _CHANGE_STATE.fields | {"validate_only": k.anything}, required=_CHANGE_STATE.required
    ),
    province_pb2.GetSharingPolicyRequest: k.Rules({"name": _POLICY_NAME}, required=("name",)),
    province_pb2.UpdateSharingPolicyRequest: k.Rules(
        {
            "sharing_policy": _CHANGED_POLICY,
            "update_mask": k.mask_of(*POLICY_FIELDS),
            "validate_only": k.anything,
            "reason": k.REASON,
            "request_id": k.REQUEST_ID,
        },
        required=("sharing_policy", "reason", "request_id"),
    ),
    province_pb2.ListSharingPolicyRevisionsRequest: k.Rules({"name": _POLICY_NAME, **k.PAGE}, required=("name",)),
    province_pb2.RollbackSharingPolicyRequest: k.Rules(
        {
            "name": _POLICY_NAME,
            "revision": _NUMBER,
            "validate_only": k.anything,
            "reason": k.REASON,
            "request_id": k.REQUEST_ID,
        },
        required=("name", "revision", "reason", "request_id"),
    ),
    province_pb2.ApproveSharingPolicyChangeRequest: k.Rules(
        {"name": _POLICY_NAME, "proposal": _NUMBER, "request_id": k.REQUEST_ID},
        required=("name", "proposal", "request_id"),
    ),
}
