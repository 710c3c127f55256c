"""The filter language of lists: the small part of AIP-160 that the contract promises.

    filter     = [ comparison { "AND" comparison } ]
    comparison = field ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value
    value      = word | '"' text '"'

Fields are compared as the contract shows them: enumerations by name (``TASK_STATE_QUEUED``, or ``QUEUED``), booleans as ``true`` and
``false``, numbers as integers, names and ids as text. Only numbers have an order.
"""

import operator
import re
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

from gateway.errors import GatewayError, invalid

#: Comparisons of one filter.
COMPARISONS_MAX = 20

_TOKEN = re.compile(r'\s*(?:(?P<compare>!=|<=|>=|=|<|>)|"(?P<quoted>[^"\\]*)"|(?P<word>[A-Za-z0-9_./~-]+))')
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_INTEGERS = (FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_INT64)


class Comparison(NamedTuple):
    """One field against one value."""

    field: str
    compare: str
    value: Any


class Filter(NamedTuple):
    """Comparisons that must all hold."""

    comparisons: tuple[Comparison, ...] = ()

    def fits(self, message: Message) -> bool:
        """Whether a message passes."""
        return all(
            _COMPARE[comparison.compare](getattr(message, comparison.field), comparison.value)
            for comparison in self.comparisons
        )

    def wanted(self, field: str) -> Any | None:
        """The one value that `field` must have, to ask for no more than that; None when the filter does not say."""
        for comparison in self.comparisons:
            if comparison.field == field and comparison.compare == "=":
                return comparison.value
        return None


def parse(text: str, message: type[Message], fields: Collection[str]) -> Filter:
    """Read a filter over some `fields` of a message.

    Raises:
        GatewayError: INVALID_ARGUMENT on field ``filter``.
    """
    tokens = _tokens(text)
    if not tokens:
        return Filter()
    comparisons: list[Comparison] = []
    for begin in range(0, len(tokens), 4):
        part = tokens[begin : begin + 4]
        if len(part) < 3 or (len(part) == 4 and part[3] != ("word", "AND")) or len(comparisons) == COMPARISONS_MAX:
            raise _wrong(f"expected at most {COMPARISONS_MAX} comparisons joined by AND")
        comparisons.append(_comparison(part, message, fields))
    if len(tokens) % 4 == 0:
        raise _wrong("expected a comparison after AND")
    return Filter(tuple(comparisons))


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    place, end = 0, len(text.rstrip())
    while place < end:
        found = _TOKEN.match(text, place)
        if found is None:
            raise _wrong(f"not understood from character {place + 1} on")
        assert found.lastgroup is not None
        tokens.append((found.lastgroup, found[found.lastgroup]))
        place = found.end()
    return tokens


def _comparison(part: list[tuple[str, str]], message: type[Message], fields: Collection[str]) -> Comparison:
    (field_is, field), (compare_is, compare), (value_is, value) = part[:3]
    if field_is != "word" or field not in fields:
        raise _wrong(f"expected one of the fields {', '.join(fields)}")
    if compare_is != "compare" or value_is == "compare":
        raise _wrong(f"expected {field}, a comparison and a value")
    descriptor = message.DESCRIPTOR.fields_by_name[field]
    if compare not in ("=", "!=") and descriptor.cpp_type not in _INTEGERS:
        raise _wrong(f"{field} has no order; expected = or !=")
    return Comparison(field, compare, _value(descriptor, value))


def _value(descriptor: Any, text: str) -> Any:
    if descriptor.cpp_type in _INTEGERS:
        if re.fullmatch(r"-?[0-9]{1,18}", text) is None:
            raise _wrong(f"expected an integer for {descriptor.name}")
        return int(text)
    if descriptor.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        if text not in ("true", "false"):
            raise _wrong(f"expected true or false for {descriptor.name}")
        return text == "true"
    if descriptor.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        assert descriptor.enum_type is not None
        return _enum_value(descriptor.name, descriptor.enum_type, text)
    return text


def _enum_value(field: str, enum: EnumDescriptor, text: str) -> int:
    prefix = enum.values[0].name.removesuffix("UNSPECIFIED")
    found = enum.values_by_name.get(text) or enum.values_by_name.get(f"{prefix}{text}")
    if found is None or found.number == 0:
        names = ", ".join(value.name.removeprefix(prefix) for value in enum.values[1:])
        raise _wrong(f"expected one of {names} for {field}")
    return found.number


def _wrong(description: str) -> GatewayError:
    return invalid([("filter", description)])


def check_order(text: str, served: Collection[str]) -> str:
    """The order asked for; the first of `served` when none is.

    Raises:
        GatewayError: INVALID_ARGUMENT on field ``order_by``.
    """
    order = " ".join(text.split())
    if order and order not in served:
        raise invalid([("order_by", f"expected one of: {', '.join(served)}")])
    return order or next(iter(served))
