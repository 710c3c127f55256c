"""The country's table of task kinds, as the coordinator keeps it."""

from actors.core.country import TaskKind
from actors.core.ids import KindId
from actors.core.refusal import Reason
from actors.protocol import GetTaskKinds, PutTaskKind, TaskKindsReply
from gateway import conversion, masks, names, pages
from gateway.answers import Provinces, expect
from gateway.errors import GatewayError, GatewayReason, invalid
from gateway.filters import check_order, parse
from gateway.merging import fingerprint_of, is_outdated
from gateway.v1 import operator_pb2
from gateway.validation.checks import located
from gateway.validation.operator import KIND_FIELDS, WHOLE_KIND

#: Tries of a change while others change the table at the same time.
_TRIES_MAX = 5
#: A revision that the table never has: only a repetition is answered, with what it did then.
_ONLY_REPEATED = -1


async def get_kind(
    provinces: Provinces, request: operator_pb2.GetTaskKindRequest, deadline: float
) -> operator_pb2.TaskKind:
    """One task kind."""
    kind = names.parse_kind(request.name)
    found = _find(await _table(provinces, deadline), kind)
    if found is None:
        raise _unknown(kind)
    return conversion.kind_out(found)


async def list_kinds(
    provinces: Provinces, request: operator_pb2.ListTaskKindsRequest, deadline: float
) -> operator_pb2.ListTaskKindsResponse:
    """A page of the task kinds, by name or by line and name."""
    wanted = parse(request.filter, operator_pb2.TaskKind, ("line",))
    order = check_order(request.order_by, ("name", "line"))
    place = pages.first_place(request.page_token, request.filter, order)
    page_size = pages.page_size_of(request.page_size)
    found = [conversion.kind_out(kind) for kind in (await _table(provinces, deadline)).kinds]
    found = sorted((kind for kind in found if wanted.fits(kind)), key=lambda kind: _rank(kind, order))
    left = [kind for kind in found if _rank(kind, order) > (place.part, place.after)]
    response = operator_pb2.ListTaskKindsResponse()
    size_bytes = 0
    for kind in left[:page_size]:
        response.task_kinds.append(kind)
        size_bytes += kind.ByteSize()
        if size_bytes >= pages.PAGE_BYTES_MAX:
            break
    if len(left) > len(response.task_kinds):
        response.next_page_token = pages.next_token(place, *_rank(response.task_kinds[-1], order))
    return response


def _rank(kind: operator_pb2.TaskKind, order: str) -> tuple[str, str]:
    return (f"line {kind.line}" if order == "line" else "", kind.name)


async def update_kind(
    provinces: Provinces, who: str, request: operator_pb2.UpdateTaskKindRequest, deadline: float
) -> operator_pb2.TaskKind:
    """Change a kind, or create it when that is allowed.

    The coordinator takes the change only for the table that was read; when somebody else was faster, it is read again. It is asked also where
    the etag is an old one: the change may be a repetition, which has an answer whatever has become of the kind since.
    """
    kind = names.parse_kind(request.task_kind.name)
    for attempt in range(_TRIES_MAX):
        table = await _table(provinces, deadline)
        known = _find(table, kind)
        changed = _changed(kind, known, request)
        outdated = _outdated(known, changed, request.task_kind.etag)
        put = PutTaskKind(
            kind=changed,
            revision=table.revision if outdated is None else _ONLY_REPEATED,
            who=who,
            request_id=request.request_id,
            fingerprint=fingerprint_of(request),
        )
        reply = await provinces.coordinator(put, deadline=deadline)
        if is_outdated(reply) and outdated is not None:
            raise outdated
        if not is_outdated(reply) or attempt == _TRIES_MAX - 1:
            stored = expect(reply, TaskKindsReply).put
            return conversion.kind_out(stored or changed)
    raise AssertionError("the last try returns or raises")


def _outdated(known: TaskKind | None, changed: TaskKind, etag: str) -> GatewayError | None:
    """Why a change by an etag cannot be made, if it is one and the etag is an old one."""
    if known is None or changed == known or etag in ("", conversion.kind_etag(known)):
        return None
    return GatewayError(
        Reason.ETAG_MISMATCH,
        f"Task kind {known.kind} has changed since it was read.",
        metadata={"etag": conversion.kind_etag(known)},
    )


def _changed(kind: KindId, known: TaskKind | None, request: operator_pb2.UpdateTaskKindRequest) -> TaskKind:
    """The kind after the change."""
    update = request.task_kind
    if known is None:
        if not request.allow_missing:
            raise _unknown(kind)
        return conversion.kind_in(kind, _checked(update))
    paths = masks.paths_of(request.update_mask.paths, update, KIND_FIELDS)
    whole = _checked(masks.merged(conversion.kind_out(known), update, paths))
    if whole.line != conversion.LINES_OUT[known.line]:
        raise invalid([("task_kind.line", "cannot change once the kind exists")])
    new_standard = whole.operating_standard != known.operating_standard
    return conversion.kind_in(
        kind, whole, standard_revision=known.operating_standard_revision + (1 if new_standard else 0)
    )


def _checked(kind: operator_pb2.TaskKind) -> operator_pb2.TaskKind:
    """The kind, if it is whole: a mask may have emptied what a kind needs."""
    wrong = WHOLE_KIND(kind)
    if wrong:
        raise invalid(located("task_kind", wrong))
    return kind


async def _table(provinces: Provinces, deadline: float) -> TaskKindsReply:
    return expect(await provinces.coordinator(GetTaskKinds(), deadline=deadline), TaskKindsReply)


def _find(table: TaskKindsReply, kind: KindId) -> TaskKind | None:
    return next((known for known in table.kinds if known.kind == kind), None)


def _unknown(kind: KindId) -> GatewayError:
    return GatewayError(GatewayReason.UNKNOWN_TASK_KIND, f"There is no task kind {kind}.")
