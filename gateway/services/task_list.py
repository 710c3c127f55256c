"""Lists of tasks over several provinces.

A province lists what it holds: its open tasks (its own and those it hosts for others) and the finished ones on its record. So the tasks
of one home are those that the home itself lists, and the open ones of that home which the others host. The parts are read one after the
other, the home first, and the page token remembers the part and the last entry. A task that moves while a client pages may be seen
twice, or once less; a list is no snapshot of the country.
"""

from collections.abc import Iterable, Iterator

from actors.core import commands as c
from actors.core.ids import KindId, ProvinceCode
from actors.core.page_tokens import token_behind
from actors.core.replies import TaskPage
from actors.core.task import CLOSED_STATES, Task, TaskState
from gateway import conversion, names, pages, permissions
from gateway.answers import Provinces, check_known, expect
from gateway.filters import Filter, check_order, parse
from gateway.identity import Identity
from gateway.v1 import task_pb2

_FIELDS = (
    "state",
    "line",
    "kind",
    "priority",
    "green_channel",
    "host_province",
    "placement",
    "operator",
    "external_id",
    "customer_id",
    "case_id",
    "batch_id",
    "create_time_ms",
    "due_time_ms",
)
#: Provinces list in the order of ids, which is that of creation; sorting by anything else would mean reading everything.
_ORDERS = ("create_time_ms",)
#: Calls to provinces for one page. A filter that nothing fits gives an empty page with a token, not an endless call.
CALLS_MAX = 100
_OPEN_STATES = tuple(state for state in TaskState if state not in CLOSED_STATES)


async def list_tasks(
    provinces: Provinces, identity: Identity, method: str, request: task_pb2.ListTasksRequest, deadline: float
) -> task_pb2.ListTasksResponse:
    """A page of the tasks of one home, or of all homes.

    Raises:
        GatewayError: the request is not right or not permitted, or a province does not answer: a list that silently leaves one
            out would be wrong.
    """
    home = _home(provinces, identity, method, request.parent)
    wanted = parse(request.filter, task_pb2.Task, _FIELDS)
    order = check_order(request.order_by, _ORDERS)
    place = pages.first_place(request.page_token, request.parent, request.filter, order)
    page_size = pages.page_size_of(request.page_size)
    response = task_pb2.ListTasksResponse()
    calls = 0
    parts = list(_parts(provinces.codes(), home, wanted.wanted("host_province"), place.part))
    for number, part in enumerate(parts):
        after = place.after if part == place.part else ""
        states = _states(wanted, part, home)
        while states is not None:
            if calls == CALLS_MAX or len(response.tasks) == page_size:
                response.next_page_token = pages.next_token(place, part, after)
                return response
            calls += 1
            command = c.ListTasks(
                states=states,
                kinds=_kinds(wanted),
                home=home or "",
                page_size=page_size - len(response.tasks),
                after=after,
            )
            page = expect(await provinces.call(part, command, deadline=deadline), TaskPage)
            last = _add(response, page.tasks, part, wanted)
            if last is not None:
                response.next_page_token = pages.next_token(place, part, token_behind(last))
                return response
            after = page.next_after
            if not after:
                break
        if len(response.tasks) == page_size and number + 1 < len(parts):
            response.next_page_token = pages.next_token(place, parts[number + 1], "")
            return response
    return response


def _home(provinces: Provinces, identity: Identity, method: str, parent: str) -> ProvinceCode | None:
    """The home to list; None: all."""
    if parent == names.ALL_PROVINCES:
        if permissions.visible_province(identity, method) is not None:
            raise permissions.denied(f"The identity belongs to province {identity.province}; name it as the parent.")
        return None
    home = names.parse_province(parent)
    permissions.check_province(identity, method, home)
    check_known(provinces, home, "parent")
    return home


def _parts(codes: Iterable[str], home: ProvinceCode | None, host: str | None, begin: str) -> Iterator[ProvinceCode]:
    """The provinces to ask, in order, from `begin` on. Of one home's tasks with one host, no others know anything, and they may be away."""
    ordered = [ProvinceCode(code) for code in sorted(codes)]
    if home is not None:
        ordered = [home, *(code for code in ordered if code != home and host in (None, code))]
    started = not begin
    for code in ordered:
        started = started or code == begin
        if started:
            yield code


def _states(wanted: Filter, part: ProvinceCode, home: ProvinceCode | None) -> tuple[TaskState, ...] | None:
    """The states to ask a province for; empty: all; None: the part has nothing that the filter wants."""
    value = wanted.wanted("state")
    states = (conversion.TASK_STATES_IN[value],) if value is not None else ()
    if home is None or part == home:
        return states
    # What others have finished for this home is on the home's own record.
    foreign = tuple(state for state in states or _OPEN_STATES if state in _OPEN_STATES)
    return foreign or None


def _kinds(wanted: Filter) -> tuple[KindId, ...]:
    kind = wanted.wanted("kind")
    return () if kind is None else (KindId(kind),)


def _add(
    response: task_pb2.ListTasksResponse, tasks: tuple[Task, ...], part: ProvinceCode, wanted: Filter
) -> Task | None:
    """Add the tasks that fit the filter; the one that fills the page in bytes, if one does: those behind it are left out."""
    present = {task.name for task in response.tasks}
    size_bytes = response.ByteSize()
    for task in tasks:
        # A finished task is listed by its home alone, though the host that finished it has it on record too.
        if task.state in CLOSED_STATES and task.home != part:
            continue
        wire = conversion.task_out(task)
        if wire.name not in present and wanted.fits(wire):
            response.tasks.append(wire)
            size_bytes += wire.ByteSize()
            if size_bytes >= pages.PAGE_BYTES_MAX:
                return task
    return None
