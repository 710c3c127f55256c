"""The machinery of validation: checks of values, and rules of messages made of them.

A check takes a value and returns what is wrong with it: None, a sentence, or (for lists and messages) pairs of sub-path and sentence.

A field that is not set is 0, empty or false, which every rule allows unless the field is required; so only fields that are set are
checked. A task with twelve of its 34 fields set costs one read of all fields (2 us, in C) and twelve checks.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from operator import attrgetter
from typing import Any

from google.protobuf.message import Message

#: What is wrong: nothing, a sentence, or (sub-path, sentence) pairs.
Wrong = str | list[tuple[str, str]] | None
Check = Callable[[Any], Wrong]

#: Unix milliseconds at the end of the year 9999.
TIME_MAX_MS = 253_402_300_799_999
AMOUNT_MAX_FEN = 1_000_000_000_000
ID_DESCRIPTION = "expected 1..64 characters of [A-Za-z0-9._-]"


def matching(pattern: str, description: str) -> Check:
    """A string that is `pattern` from end to end."""
    fullmatch = re.compile(pattern).fullmatch

    def check(value: str) -> Wrong:
        return None if fullmatch(value) else description

    return check


def identifier() -> Check:
    """An id: 1..64 of the characters that need no escaping anywhere. No NUL, control, bidi or look-alike character is among them."""
    return matching(r"[A-Za-z0-9._-]{1,64}", ID_DESCRIPTION)


def free_text(length_max: int) -> Check:
    """Text for people, of any script."""
    description = f"expected at most {length_max:,} characters, none of them NUL"

    def check(value: str) -> Wrong:
        return None if len(value) <= length_max and "\0" not in value else description

    return check


def between(low: int, high: int) -> Check:
    """An integer in a closed range. 0 is not seen here: it is what an unset field has."""
    description = f"expected {low:,}..{high:,}"

    def check(value: int) -> Wrong:
        return None if low <= value <= high else description

    return check


def one_of(values: Mapping[int, object], names: Iterable[str]) -> Check:
    """A known value of an enumeration."""
    description = f"expected one of {', '.join(names)}"

    def check(value: int) -> Wrong:
        return None if value in values else description

    return check


def named(is_name: Callable[[str], bool], form: str) -> Check:
    """A resource name."""
    description = f"expected a name {form}"

    def check(value: str) -> Wrong:
        return None if is_name(value) else description

    return check


def items(count_max: int, each: Check | None = None, *, key: str | None = None) -> Check:
    """A list with a bound.

    Args:
        count_max: beyond it the items are not even looked at.
        each: check of an item.
        key: field that must differ between the items; empty: the items themselves.
    """
    description = f"expected at most {count_max:,} items"

    def check(values: Collection[Any]) -> Wrong:
        if len(values) > count_max:
            return description
        wrong: list[tuple[str, str]] = []
        seen: dict[Any, None] = {}
        for place, value in enumerate(values):
            if each is not None:
                wrong += located(f"[{place}]", each(value))
            if key is not None:
                unique = getattr(value, key) if key else value
                if unique in seen:
                    wrong.append((f"[{place}]", "stands in the list already"))
                seen[unique] = None
        return wrong or None

    return check


def exactly(count: int, each: Check) -> Check:
    """A list of so many items, or none. Items may be 0 or empty, and are checked then, too."""
    description = f"expected {count} items, or none"

    def check(values: Collection[Any]) -> Wrong:
        if len(values) != count:
            return description
        return [found for place, value in enumerate(values) for found in located(f"[{place}]", each(value))] or None

    return check


def anything(value: Any) -> Wrong:
    """For booleans, and for output-only fields, which are ignored."""
    del value
    return None


def located(place: str, wrong: Wrong) -> list[tuple[str, str]]:
    """What is wrong, under `place`: a field's name or an index."""
    if not wrong:
        return []
    if isinstance(wrong, str):
        return [(place, wrong)]
    return [(f"{place}{path}" if path.startswith("[") else f"{place}.{path}", text) for path, text in wrong]


class Rules:
    """The rules of one message: a check itself, so that messages nest.

    Args:
        fields: check of each field; `anything` for those that need none. A field that is missing here is a gap that a test finds.
            Fields that hold one message have `Rules`, and nothing else has.
        required: fields that must be set.
        whole: check over several fields, asked when each by itself is right.
    """

    def __init__(
        self,
        fields: Mapping[str, Check],
        *,
        required: Collection[str] = (),
        whole: Check | None = None,
    ) -> None:
        self.fields = dict(fields)
        self.required = frozenset(required)
        self._whole = whole
        self._messages = tuple(
            (name, check, name in self.required) for name, check in fields.items() if isinstance(check, Rules)
        )
        values = {
            name: check
            for name, check in fields.items()
            if not isinstance(check, Rules) and (check is not anything or name in self.required)
        }
        self._names = tuple(values)
        self._checks = tuple(values.values())
        # One call that reads all fields, at C speed. It wants two names to return a tuple; reading the last one twice does no harm.
        self._read = attrgetter(*self._names, self._names[-1]) if self._names else _read_nothing
        self._required_places = tuple(place for place, name in enumerate(self._names) if name in self.required)

    def __call__(self, message: Message) -> list[tuple[str, str]]:
        """Everything that is wrong, as (path, description)."""
        wrong: list[tuple[str, str]] = []
        values = self._read(message)
        for value, check in zip(values, self._checks, strict=False):
            if value and check(value):
                wrong = self._collect(values)
                break
        for place in self._required_places:
            if not values[place]:
                wrong.append((self._names[place], "is required"))
        for name, check, required in self._messages:
            if message.HasField(name):
                found = check(getattr(message, name))
                if found:
                    wrong += located(name, found)
            elif required:
                wrong.append((name, "is required"))
        if not wrong and self._whole is not None:
            found = self._whole(message)
            if found:
                wrong += found if isinstance(found, list) else [("", found)]
        return wrong

    def _collect(self, values: tuple[Any, ...]) -> list[tuple[str, str]]:
        wrong: list[tuple[str, str]] = []
        for name, value, check in zip(self._names, values, self._checks, strict=False):
            if value:
                wrong += located(name, check(value))
        return wrong

    def but(self, *, required: Collection[str], **fields: Check) -> "Rules":
        """The same rules with other required fields and some fields' checks replaced."""
        return Rules(self.fields | fields, required=required, whole=self._whole)


def _read_nothing(message: Message) -> tuple[Any, ...]:
    del message
    return ()


def mask_of(*paths: str, required: bool = False) -> Rules:
    """A field mask over `paths`, and ``*`` unless something must be named."""
    allowed = set(paths) if required else {*paths, "*"}
    description = f"expected fields of: {', '.join(paths)}"

    def check(named_paths: Collection[str]) -> Wrong:
        fits = len(named_paths) <= len(allowed) and all(path in allowed for path in named_paths)
        return None if fits else description

    return Rules({"paths": check}, required=("paths",) if required else ())


# --- fields that many messages have ---

REQUEST_ID = identifier()
PAGE: Mapping[str, Check] = {
    "page_size": between(0, 2**31 - 1),
    "page_token": matching(r"[A-Za-z0-9_=-]{1,1000}", "expected a next_page_token of ours"),
}
FILTER: Mapping[str, Check] = {"filter": free_text(500)}
ORDER: Mapping[str, Check] = {"order_by": free_text(100)}
ETAG = matching(r"[\x21-\x7e]{1,64}", "expected an etag of ours")
REASON = free_text(200)
TIME = between(0, TIME_MAX_MS)
AMOUNT = between(0, AMOUNT_MAX_FEN)
TOKEN = between(1, 2**63 - 1)
