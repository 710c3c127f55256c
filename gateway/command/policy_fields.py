"""Fields of a sharing policy as people type them: ``share_out_mode=evacuate``, ``blocked_hosts=hubei,hunan``, ``recall=unbegun``.

Enumerations may be given without their prefix and in any case, lists with commas (nothing: empty), truth as yes and no. Instants are typed as
local time (Asia/Shanghai) with ``effective_from=2026-12-01 05:00``; ``effective_from=`` takes a limit away.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from gateway.command.asking import CannotAsk
from gateway.v1 import province_pb2
from gateway.validation.province import POLICY_FIELDS

SHANGHAI = timezone(timedelta(hours=8))
_SHOWN_MAX_S = int(datetime.max.replace(tzinfo=SHANGHAI, microsecond=0).timestamp())
#: What is typed -> the field that holds it as milliseconds.
_INSTANTS = {"effective_from": "effective_from_ms", "effective_until": "effective_until_ms"}
_TRUTHS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_PREFIXES = {"share_out_mode": "SHARE_OUT_MODE_", "recall": "RECALL_"}
_LISTS = ("allowed_hosts", "blocked_hosts", "kinds")


def policy_of(name: str, typed: Sequence[str]) -> tuple[province_pb2.SharingPolicy, list[str]]:
    """The policy with these fields set, and their names.

    Args:
        name: the policy's resource name.

    Raises:
        CannotAsk: a word is no field with a value of it.
    """
    policy = province_pb2.SharingPolicy(name=name)
    paths: list[str] = []
    for word in typed:
        field, separator, value = word.partition("=")
        target = _INSTANTS.get(field, field)
        if not separator or target not in POLICY_FIELDS:
            known = ", ".join([*_INSTANTS, *(name for name in POLICY_FIELDS if name not in _INSTANTS.values())])
            raise CannotAsk(f"{word!r} is no FIELD=VALUE; fields: {known}")
        _set(policy, target, _value_of(field, value))
        paths.append(target)
    return policy, paths


def _set(policy: province_pb2.SharingPolicy, field: str, value: Any) -> None:
    if isinstance(value, list):
        getattr(policy, field).extend(value)
        return
    try:
        setattr(policy, field, value)
    except ValueError as error:
        raise CannotAsk(f"{field} cannot hold {value}") from error


def _value_of(field: str, value: str) -> Any:
    if field in _INSTANTS:
        return instant_ms(value)
    if field in _LISTS:
        return [part.strip() for part in value.split(",") if part.strip()]
    if field in _PREFIXES:
        word = value.upper().replace("-", "_").removeprefix(_PREFIXES[field])
        enum = province_pb2.ShareOutMode if field == "share_out_mode" else province_pb2.Recall
        if _PREFIXES[field] + word not in enum.keys():  # noqa: SIM118 - a wrapper, no mapping
            words = ", ".join(key.removeprefix(_PREFIXES[field]).lower() for key in enum.keys()[1:])
            raise CannotAsk(f"{field} is one of {words}, not {value!r}")
        return enum.Value(_PREFIXES[field] + word)
    if field == "needs_two_people":
        if value.lower() not in _TRUTHS:
            raise CannotAsk(f"{field} is yes or no, not {value!r}")
        return _TRUTHS[value.lower()]
    try:
        return int(value)
    except ValueError as error:
        raise CannotAsk(f"{field} is a whole number, not {value!r}") from error


def instant_ms(text: str) -> int:
    """Local time, or a time with its offset, as Unix milliseconds; nothing is 0: no limit.

    Raises:
        CannotAsk: it is no time.
    """
    if not text:
        return 0
    try:
        told = datetime.fromisoformat(text)
        return round((told if told.tzinfo else told.replace(tzinfo=SHANGHAI)).timestamp() * 1_000)
    except ValueError as error:
        raise CannotAsk(f"{text!r} is no time; for instance: 2026-12-01 05:00") from error


def time_of(instant: int) -> str:
    """Unix milliseconds as local time; 0: a dash. The contract's last hours lie in a year that Python does not know."""
    shown_s = min(instant // 1_000, _SHOWN_MAX_S)
    return datetime.fromtimestamp(shown_s, SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") if instant else "-"
