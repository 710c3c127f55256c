"""What was answered to whom, and whether any of it told what it must not.

A status may quote what the caller sent, but never the data of a customer; and never anything of our insides: the name of a class, a path of
a file, a stack. The same holds for the server's logs, as far as customers are concerned.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from loadtests.hostile.methods import PERSONAL

#: Examples of an offence that are kept; the rest is counted.
EXAMPLES_MAX = 10
_INSIDES = re.compile(
    rb"Traceback"
    rb'|File "'
    rb"|\.py\b"
    rb"|site-packages"
    rb"|/(?:home|usr|opt|root|tmp|var|work|etc|proc)/"
    rb"|\b[A-Za-z]+(?:Error|Exception)\b"
    rb"|<class|object at 0x|NoneType"
    rb"|\b(?:google\.protobuf|msgspec|asyncio|actors\.|gateway\.|_pb2)"
)
_PERSONAL = tuple(text.encode() for text in PERSONAL)


def leak_in(text: bytes) -> str:
    """What a text tells that it must not; empty: nothing."""
    for personal in _PERSONAL:
        if personal in text:
            return "data of a customer"
    found = _INSIDES.search(text)
    return f"insides: {found[0].decode(errors='replace')}" if found else ""


@dataclass(slots=True)
class Offences:
    """Offences of one kind: how many, and the first of them."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, example: str) -> None:
        """One more."""
        self.count += 1
        if len(self.examples) < EXAMPLES_MAX:
            self.examples.append(example)


class Tally:
    """Counts of a campaign."""

    def __init__(self) -> None:
        self.messages = 0
        self.statuses: Counter[str] = Counter()
        self.by_family: Counter[str] = Counter()
        self.unknown = Offences()
        self.internal = Offences()
        self.leaks = Offences()
        #: Answers to those who may not have any.
        self.trespasses = Offences()
        #: Names of the tasks that the server acknowledged to an attacker.
        self.created: set[str] = set()

    def sent(self, family: str, count: int = 1) -> None:
        """Messages have gone out."""
        self.messages += count
        self.by_family[family] += count

    def answered(self, code: grpc.StatusCode, said: Iterable[bytes], what: str, *, is_trespass: bool = False) -> None:
        """A call has ended.

        Args:
            said: everything the server said about why.
            what: family and method, for examples.
            is_trespass: the caller had no right to an answer.
        """
        self.statuses[code.name] += 1
        text = b" | ".join(said)
        shown = f"{what}: {code.name} {text[:200].decode(errors='replace')}"
        if code is grpc.StatusCode.UNKNOWN:
            self.unknown.add(shown)
        if code is grpc.StatusCode.INTERNAL:
            self.internal.add(shown)
        if is_trespass and code is grpc.StatusCode.OK:
            self.trespasses.add(what)
        self.checked(text, shown)

    def checked(self, text: bytes, shown: str) -> None:
        """Look for leaks in something that the server said."""
        leak = leak_in(text)
        if leak:
            self.leaks.add(f"{leak} in {shown}")


def personal_data_in_logs(logs: Path) -> list[str]:
    """Log files that hold a customer's data."""
    return sorted(
        path.name
        for path in logs.rglob("*")
        if path.is_file() and any(personal in path.read_bytes() for personal in _PERSONAL)
    )
