"""Every service asks whether a request is what the contract says, before it does anything with it."""

from collections.abc import Iterator

import pytest
from google.protobuf.message import Message

from gateway import permissions, validation
from gateway.identity import EVERY_PROVINCE, Identity, Role
from tests.unit.gateway.test_permissions import FILES
from tests.unit.gateway.test_reach import reasons, stream

#: Fields of requests that need none, and a value that none may have.
WRONG = {"page_size": -1, "cursors": [{}], "interval_ms": 1}


def wrong(kind: type[Message]) -> Message | None:
    """A request that is wrong; None: no request of the kind is."""
    rules = validation.TABLE[kind]
    if rules.required:
        return kind()
    field = next((field for field in WRONG if field in rules.fields), None)
    return kind(**{field: WRONG[field]}) if field is not None else None


def calls() -> Iterator[tuple[str, Message]]:
    """(method, wrong request) of every method that may be asked wrongly."""
    for file in FILES:
        for service in file.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                request = wrong(getattr(file, method.input_type.name))
                if request is not None:
                    yield f"{service.name}/{method.name}", request


@pytest.mark.parametrize(
    ("method", "request_"), list(calls()), ids=lambda value: value if isinstance(value, str) else ""
)
async def test_a_wrong_request_is_refused(method: str, request_: Message) -> None:
    """A service that forgot to ask would take an empty name for a province, and an amount below 0 for a decision."""
    may = (role for role in Role if permissions.reach_of(identity(role), f"/sharedops.v1.{method}") is not None)
    takes_stream = method in ("TaskService/IngestTasks", "WorkService/Work")
    asked = stream(request_) if takes_stream else request_
    assert await reasons(method, asked, identity(next(may))) == ["INVALID_ARGUMENT"]


def identity(role: Role) -> Identity:
    """Somebody of the whole country."""
    return Identity(role=role, subject="s", province=EVERY_PROVINCE)
