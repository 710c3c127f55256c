"""The outage in words, English and Chinese, as the observer sees it happen."""

from collections.abc import Mapping

from gateway.v1 import event_pb2
from loadtests.observer import Observer


def in_words(
    what: str, event: event_pb2.Event, observer: Observer, names: Mapping[str, tuple[str, str]], outage: str
) -> tuple[str, str] | None:
    """What the observer saw, as (English, Chinese); None for what needs no words.

    Args:
        what: the observer's word for it.
        names: province code -> (English name, Chinese name).
        outage: code of the branch that loses power.
    """
    name, name_zh = names[outage]
    green, seen = observer.green, observer.outage
    claim = f"{green.external_id} ({person_of(green.task)})"
    host, host_zh = names.get(green.host or event.province, (event.province, event.province))
    person = person_of(event.operator)
    if what == "green_open":
        person = person_of(green.first_operator)
        return (
            f"Green-channel claim {claim} of {name} is open on the desk of {person}",
            f"{name_zh}绿色通道理赔件 {claim} 已由 {person} 打开处理",
        )
    if seen is None:
        return None
    match what:
        case "detected":
            return (
                f"{name} is UNREACHABLE: seen {seen.detected_s:.1f} s after its desks fell silent",
                f"发现{name_zh}失联：终端失去响应后 {seen.detected_s:.1f} 秒",
            )
        case "first_reassigned":
            return (
                f"First task reassigned after {seen.first_reassigned_s:.1f} s, to {person}",
                f"首件转派：终端失去响应后 {seen.first_reassigned_s:.1f} 秒，转给 {person}",
            )
        case "green_moved":
            return (f"The green-channel claim goes to {host}", f"绿色通道件转往{host_zh}")
        case "green_reassigned":
            return (
                f"{person} of {host} has the green-channel claim on the screen after {green.reassigned_s:.1f} s",
                f"{green.reassigned_s:.1f} 秒后绿色通道件到达{host_zh} {person}",
            )
        case "green_decided":
            return (
                f"{person} of {host} decides the green-channel claim, {green.decided_s:.1f} s after the power went",
                f"{host_zh} {person} 办结绿色通道件，断电后 {green.decided_s:.1f} 秒",
            )
        case "returned":
            return (
                f"{name} works again, {seen.returned_s:.1f} s after it fell silent",
                f"{name_zh}恢复作业，距终端失去响应 {seen.returned_s:.1f} 秒",
            )
        case _:
            return None


def counted(count: int, one: str, many: str = "") -> str:
    """A number with its noun: 1 task, 2 tasks.

    Args:
        many: the plural, unless it is `one` with an s.
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def person_of(operator: str) -> str:
    """Operator id in an operator name, or task id in a task name."""
    return operator.rpartition("/")[2]
