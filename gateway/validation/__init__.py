"""Is a request what the contract says? Every bound of the proto comments, checked before anything else reads the message.

`TABLE` has the rules of every request. All violations of a request are collected, so that a caller mends them in one go. Items of
batches and streams are not looked into with their carrier: the services check them one by one.

What protobuf itself guarantees is not checked again (UTF-8, widths of integers). Measured: a typical CreateTask (twelve fields set)
costs 8 us.
"""

from collections.abc import Mapping

from google.protobuf.message import Message

from gateway.errors import GatewayError, Violation, invalid
from gateway.validation import calendar, dispatch, drill, operator, province, quality, task, watching, work
from gateway.validation.checks import Rules

#: The rules of every request of the contract, and of the items that services check one by one.
TABLE: Mapping[type[Message], Rules] = {
    **task.RULES,
    **work.RULES,
    **operator.RULES,
    **province.RULES,
    **calendar.RULES,
    **dispatch.RULES,
    **quality.RULES,
    **drill.RULES,
    **watching.RULES,
}


def violations_of(message: Message) -> list[Violation]:
    """Everything that is wrong with a request or an item, in the order of its fields."""
    return [Violation(*wrong) for wrong in TABLE[type(message)](message)]


def error_of(message: Message) -> GatewayError | None:
    """INVALID_ARGUMENT with the violations of a request or an item; None when it is right."""
    wrong = TABLE[type(message)](message)
    return invalid(wrong) if wrong else None


def check(message: Message) -> None:
    """Let a right request through.

    Raises:
        GatewayError: INVALID_ARGUMENT with all violations.
    """
    wrong = TABLE[type(message)](message)
    if wrong:
        raise invalid(wrong)
