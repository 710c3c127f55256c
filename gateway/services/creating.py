"""Items of batches and streams: each to a command for its home, and the home's reply to the item's result. One wrong item never fails its neighbours."""

from collections.abc import Iterable, Sequence

from actors import protocol
from actors.core import commands as c
from actors.core.ids import ProvinceCode
from actors.core.replies import TaskReply
from gateway import conversion, names, permissions, validation
from gateway.answers import Provinces, check_known, expect
from gateway.errors import GatewayError, to_wire_error
from gateway.identity import Identity
from gateway.v1 import task_pb2

#: Commands for one home, and the results that their replies go into.
Group = list[tuple[task_pb2.TaskResult, c.CreateTask]]


class Homes:
    """The home provinces that the items of a call name, each looked at once.

    Args:
        method: ``/package.Service/Method``, which the identity must be permitted.
    """

    def __init__(self, provinces: Provinces, identity: Identity, method: str) -> None:
        self._provinces, self._identity, self._method = provinces, identity, method
        self.who = identity.who
        self._known: dict[str, ProvinceCode] = {}

    def of(self, parent: str) -> ProvinceCode:
        """The province of a valid name.

        Raises:
            GatewayError: the identity may not create tasks there, or there is no such province.
        """
        home = self._known.get(parent)
        if home is None:
            home = names.parse_province(parent)
            permissions.check_province(self._identity, self._method, home)
            check_known(self._provinces, home, "parent")
            self._known[parent] = home
        return home


def sort_by_home(
    homes: Homes, items: Iterable[task_pb2.CreateTaskRequest], first_index: int
) -> tuple[list[task_pb2.TaskResult], dict[ProvinceCode, Group]]:
    """A result for each item, in their order, and what each home is to be asked. Wrong items have their results already."""
    results: list[task_pb2.TaskResult] = []
    by_home: dict[ProvinceCode, Group] = {}
    for index, item in enumerate(items, start=first_index):
        # The id goes back as far as it can be one of ours: a wrong one may be a megabyte.
        result = task_pb2.TaskResult(index=index, request_id=item.request_id[:64])
        results.append(result)
        try:
            validation.check(item)
            home = homes.of(item.parent)
            command = c.CreateTask(who=homes.who, request_id=item.request_id, spec=conversion.spec_in(item.task))
        except GatewayError as error:
            result.error.CopyFrom(to_wire_error(error))
        else:
            by_home.setdefault(home, []).append((result, command))
    return results, by_home


def fill(group: Group, replies: Sequence[protocol.Response]) -> None:
    """Fill in what a home has replied.

    Raises:
        TypeError: an answer that does not belong to the request: a bug of ours.
    """
    for (result, _), reply in zip(group, replies, strict=True):
        try:
            result.task.CopyFrom(conversion.brief_out(expect(reply, TaskReply).task))
        except GatewayError as error:
            result.error.CopyFrom(to_wire_error(error))


def fill_failure(group: Group, error: GatewayError) -> None:
    """Fill in why a home has not replied."""
    wire_error = to_wire_error(error)
    for result, _ in group:
        result.error.CopyFrom(wire_error)
