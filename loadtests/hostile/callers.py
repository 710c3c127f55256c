"""Who claims to send a message: a rightful but malicious client, nobody, a forger, or a branch that reaches for another's tasks."""

import random
from collections.abc import Callable, Mapping
from typing import Any

from loadtests.hostile.methods import Method
from loadtests.wire import DevelopmentTokens, bearer

Metadata = tuple[tuple[str, Any], ...]
#: The gateway takes 8 KiB of metadata.
_METADATA_BYTES = 9_000


class Callers:
    """Metadata of every kind of caller.

    Args:
        own: the attacker's province, whose tokens it has.
    """

    def __init__(self, tokens: DevelopmentTokens, own: str) -> None:
        self._tokens = tokens
        self._own = own

    def rightful(self, method: Method) -> Metadata:
        """Somebody who may call the method."""
        if method.service == "WorkService":
            return bearer(self._tokens.desk[self._own])
        if method.service == "TaskService" and "Reassign" not in method.name:
            return bearer(self._tokens.branch[self._own])
        return bearer(self._tokens.ops)

    def branch(self) -> Metadata:
        """The attacker's branch system."""
        return bearer(self._tokens.branch[self._own])

    def desk(self) -> Metadata:
        """A desk of the attacker's province."""
        return bearer(self._tokens.desk[self._own])

    def wrongful(self, rng: random.Random, method: Method) -> tuple[str, Metadata]:
        """Somebody who may not, with the name of the trick."""
        name = rng.choice(tuple(_TRICKS))
        return name, _TRICKS[name](rng, self.rightful(method))

    @staticmethod
    def tricks() -> list[str]:
        """Names of all tricks."""
        return list(_TRICKS)


def _forged(rng: random.Random, right: Metadata) -> Metadata:
    token = right[0][1]
    place = rng.randrange(len("Bearer "), len(token))
    other = "0" if token[place] != "0" else "1"
    return (("authorization", f"{token[:place]}{other}{token[place + 1 :]}"),)


_TRICKS: Mapping[str, Callable[[random.Random, Metadata], Metadata]] = {
    "no token": lambda _rng, _right: (),
    "forged token": _forged,
    "two tokens": lambda _rng, right: right + right,
    "another scheme": lambda _rng, _right: (("authorization", "Basic b3BzOm9wcw=="),),
    "empty token": lambda _rng, _right: (("authorization", "Bearer "),),
    "long token": lambda rng, _right: (("authorization", "Bearer " + "a" * rng.randrange(513, 4_000)),),
    "huge metadata": lambda rng, right: (*right, ("x-filler", "v" * (_METADATA_BYTES + rng.randrange(100)))),
    "many entries": lambda _rng, right: right + tuple((f"x-{number}", "v" * 20) for number in range(200)),
    "binary metadata": lambda rng, _right: (("authorization-bin", rng.randbytes(200)),),
}
