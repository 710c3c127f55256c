"""OperatorService: rosters, and the country's table of task kinds (which the coordinator keeps)."""
# ruff: noqa: N802 - the contract names the methods

import asyncio
from collections.abc import Iterable

import msgspec
from google.protobuf import empty_pb2

from actors.core import commands as c
from actors.core.ids import OperatorId, ProvinceCode
from actors.core.operators import KindExperience, Operator
from actors.core.refusal import Reason, Refused
from actors.core.replies import Done, OperatorPage, OperatorReply, SessionReply
from actors.protocol import Response
from gateway import conversion, masks, names, pages, permissions, validation
from gateway.answers import Provinces, check_known, expect
from gateway.calls import Context, deadline_of
from gateway.errors import GatewayError, to_wire_error
from gateway.filters import Filter, check_order, parse
from gateway.identity import Identity, caller
from gateway.merging import fingerprint_of, is_outdated, merge_until_current
from gateway.services import kinds
from gateway.v1 import operator_pb2, operator_pb2_grpc
from gateway.validation.operator import OPERATOR_FIELDS

_SERVICE = "/sharedops.v1.OperatorService/"
_FIELDS = ("presence", "site", "team", "share_opt_in", "auto_accept", "probation")
#: Rosters list in the order of ids.
_ORDERS = ("name",)
#: Calls to provinces for one page.
_CALLS_MAX = 100


class OperatorService(operator_pb2_grpc.OperatorServiceServicer):
    """Rosters and the catalogue of task kinds."""

    def __init__(self, provinces: Provinces) -> None:
        self._provinces = provinces

    # --- one operator ---

    async def GetOperator(self, request: operator_pb2.GetOperatorRequest, context: Context) -> operator_pb2.Operator:
        """Read one operator."""
        validation.check(request)
        province, operator = self._admit("GetOperator", request.name, "name")
        return conversion.operator_out(await self._read(province, operator, deadline_of(context)))

    async def GetOperatorWorkload(
        self, request: operator_pb2.GetOperatorWorkloadRequest, context: Context
    ) -> operator_pb2.OperatorWorkload:
        """Read what an operator holds."""
        validation.check(request)
        province, operator = self._admit("GetOperatorWorkload", request.name, "name")
        reply = await self._provinces.call(province, c.GetWorkload(operator=operator), deadline=deadline_of(context))
        return conversion.workload_out(expect(reply, SessionReply))

    async def CreateOperator(
        self, request: operator_pb2.CreateOperatorRequest, context: Context
    ) -> operator_pb2.Operator:
        """Add an operator to a roster."""
        validation.check(request)
        province = names.parse_province(request.parent)
        permissions.check_province(caller(), f"{_SERVICE}CreateOperator", province)
        check_known(self._provinces, province, "parent")
        entry = conversion.operator_in(names.operator_id(province, request.operator_id), province, request.operator)
        command = c.CreateOperator(who=caller().who, request_id=request.request_id, entry=entry)
        reply = await self._provinces.call(province, command, deadline=deadline_of(context))
        return conversion.operator_out(_written(reply))

    async def UpdateOperator(
        self, request: operator_pb2.UpdateOperatorRequest, context: Context
    ) -> operator_pb2.Operator:
        """Change the fields named in the mask."""
        validation.check(request)
        province, operator = self._admit("UpdateOperator", request.operator.name, "operator.name")
        deadline = deadline_of(context)
        reply = await self._update(province, operator, request, deadline)
        return conversion.operator_out(_written(reply))

    async def _update(
        self, province: ProvinceCode, operator: OperatorId, request: operator_pb2.UpdateOperatorRequest, deadline: float
    ) -> Response:
        """Write one entry, merged with what is there when it is written."""

        async def attempt() -> Response:
            known = await self._read(province, operator, deadline)
            return await self._provinces.call(province, _upsert(caller(), request, known), deadline=deadline)

        return await merge_until_current(attempt, is_pinned=bool(request.operator.etag))

    async def DeleteOperator(self, request: operator_pb2.DeleteOperatorRequest, context: Context) -> empty_pb2.Empty:
        """Take an operator off the roster."""
        validation.check(request)
        province, operator = self._admit("DeleteOperator", request.name, "name")
        command = c.DeleteOperator(
            who=caller().who, request_id=request.request_id, operator=operator, etag=request.etag
        )
        expect(await self._provinces.call(province, command, deadline=deadline_of(context)), Done)
        return empty_pb2.Empty()

    # --- many operators ---

    async def ListOperators(
        self, request: operator_pb2.ListOperatorsRequest, context: Context
    ) -> operator_pb2.ListOperatorsResponse:
        """A page of the roster of one province, or of all."""
        validation.check(request)
        codes = self._codes(request.parent)
        wanted = parse(request.filter, operator_pb2.Operator, _FIELDS)
        order = check_order(request.order_by, _ORDERS)
        place = pages.first_place(request.page_token, request.parent, request.filter, order)
        page_size, deadline = pages.page_size_of(request.page_size), deadline_of(context)
        response = operator_pb2.ListOperatorsResponse()
        part, after, calls = place.part or codes[0], place.after, 0
        left = [code for code in codes if code >= part]
        while left:
            if calls == _CALLS_MAX or len(response.operators) == page_size:
                response.next_page_token = pages.next_token(place, left[0], after)
                break
            calls += 1
            command = c.ListOperators(page_size=page_size - len(response.operators), after=after)
            page = expect(await self._provinces.call(left[0], command, deadline=deadline), OperatorPage)
            last = _add(response, page.operators, wanted)
            if last is not None:
                response.next_page_token = pages.next_token(place, left[0], last)
                break
            after = page.next_after
            if not after:
                del left[0]
        return response

    def _codes(self, parent: str) -> list[str]:
        """The provinces to list, in order."""
        identity, method = caller(), f"{_SERVICE}ListOperators"
        if parent == names.ALL_PROVINCES:
            if permissions.visible_province(identity, method) is not None:
                raise permissions.denied(
                    f"The identity belongs to province {identity.province}; name it as the parent."
                )
            return sorted(self._provinces.codes())
        province = names.parse_province(parent)
        permissions.check_province(identity, method, province)
        check_known(self._provinces, province, "parent")
        return [province]

    async def BatchUpdateOperators(
        self, request: operator_pb2.BatchUpdateOperatorsRequest, context: Context
    ) -> operator_pb2.BatchUpdateOperatorsResponse:
        """Create or update many operators, each succeeding or failing by itself.

        Items of one operator are written one after the other, so that the second sees what the first did.
        """
        validation.check(request)
        deadline = deadline_of(context)
        results = [
            operator_pb2.OperatorResult(index=index, request_id=item.request_id[:64])
            for index, item in enumerate(request.requests)
        ]
        waves: list[dict[OperatorId, _Item]] = []
        for result, item in zip(results, request.requests, strict=True):
            try:
                validation.check(item)
                province, operator = self._admit("BatchUpdateOperators", item.operator.name, "operator.name")
            except GatewayError as error:
                result.error.CopyFrom(to_wire_error(error))
                continue
            wave = next((wave for wave in waves if operator not in wave), None)
            if wave is None:
                waves.append(wave := {})
            wave[operator] = (province, item, result)
        for wave in waves:
            by_province: dict[ProvinceCode, dict[OperatorId, _Item]] = {}
            for operator, entry in wave.items():
                by_province.setdefault(entry[0], {})[operator] = entry
            await asyncio.gather(*(self._write(code, group, deadline) for code, group in by_province.items()))
        return operator_pb2.BatchUpdateOperatorsResponse(results=results)

    async def _write(self, province: ProvinceCode, group: "dict[OperatorId, _Item]", deadline: float) -> None:
        """Write entries of one province: one frame to read them, one to write them."""
        try:
            reads = [c.GetOperator(operator=operator) for operator in group]
            found = await self._provinces.call_many(province, reads, deadline=deadline)
            known = dict(zip(group, map(_operator_of, found), strict=True))
            commands = [_upsert(caller(), item, known[operator]) for operator, (_, item, _) in group.items()]
            replies = await self._provinces.call_many(province, commands, deadline=deadline)
        except GatewayError as error:
            for _, _, result in group.values():
                result.error.CopyFrom(to_wire_error(error))
            return
        for (operator, (_, item, result)), first in zip(group.items(), replies, strict=True):
            try:
                reply = first
                if is_outdated(first) and not item.operator.etag:
                    reply = await self._update(province, operator, item, deadline)
                person = _written(reply)
                brief = conversion.operator_brief_out(person, created=known[operator] is None)
                result.operator.CopyFrom(brief)
            except GatewayError as error:
                result.error.CopyFrom(to_wire_error(error))

    # --- task kinds ---

    async def GetTaskKind(self, request: operator_pb2.GetTaskKindRequest, context: Context) -> operator_pb2.TaskKind:
        """Read one task kind."""
        validation.check(request)
        return await kinds.get_kind(self._provinces, request, deadline_of(context))

    async def ListTaskKinds(
        self, request: operator_pb2.ListTaskKindsRequest, context: Context
    ) -> operator_pb2.ListTaskKindsResponse:
        """A page of the task kinds."""
        validation.check(request)
        return await kinds.list_kinds(self._provinces, request, deadline_of(context))

    async def UpdateTaskKind(
        self, request: operator_pb2.UpdateTaskKindRequest, context: Context
    ) -> operator_pb2.TaskKind:
        """Change the fields named in the mask, for the whole country."""
        validation.check(request)
        return await kinds.update_kind(self._provinces, caller().who, request, deadline_of(context))

    # --- steps ---

    def _admit(self, method: str, name: str, field: str) -> tuple[ProvinceCode, OperatorId]:
        province, operator = names.parse_operator(name)
        permissions.check_operator(caller(), f"{_SERVICE}{method}", operator)
        check_known(self._provinces, province, field)
        return province, operator

    async def _read(self, province: ProvinceCode, operator: OperatorId, deadline: float) -> Operator:
        reply = await self._provinces.call(province, c.GetOperator(operator=operator), deadline=deadline)
        return expect(reply, OperatorReply).operator


def _add(response: operator_pb2.ListOperatorsResponse, people: Iterable[Operator], wanted: Filter) -> OperatorId | None:
    """Add those who fit the filter; the one who fills the page in bytes, if one does: those behind are left out."""
    size_bytes = response.ByteSize()
    for person in people:
        wire = conversion.operator_out(person)
        if wanted.fits(wire):
            response.operators.append(wire)
            size_bytes += wire.ByteSize()
            if size_bytes >= pages.PAGE_BYTES_MAX:
                return person.operator
    return None


#: An item of a batch: whose roster, what to write, where the outcome goes.
_Item = tuple[ProvinceCode, operator_pb2.UpdateOperatorRequest, operator_pb2.OperatorResult]


def _operator_of(reply: Response) -> Operator | None:
    """The roster entry that was read; None when there is none."""
    if isinstance(reply, Refused) and reply.reason is Reason.UNKNOWN_OPERATOR:
        return None
    return expect(reply, OperatorReply).operator


def _written(reply: Response) -> Operator:
    """The roster entry that was written.

    Raises:
        GatewayError: the province refused it.
    """
    return expect(reply, OperatorReply, kinds_field="operator.kinds").operator


def _upsert(
    identity: Identity, request: operator_pb2.UpdateOperatorRequest, known: Operator | None
) -> c.UpsertOperators:
    """The command for one write.

    What the province itself counts is left out of the entry (it keeps its own, larger counts).
    """
    province, operator = names.parse_operator(request.operator.name)
    if known is None:
        entry = conversion.operator_in(operator, province, request.operator)
    else:
        paths = masks.paths_of(request.update_mask.paths, request.operator, OPERATOR_FIELDS)
        merged = masks.merged(conversion.operator_out(known), request.operator, paths)
        entry = conversion.operator_in(operator, province, merged)
        if "kinds" not in paths:
            told = {kind: KindExperience(quality_permille=done.quality_permille) for kind, done in known.kinds.items()}
            entry = msgspec.structs.replace(entry, kinds=told)
    return c.UpsertOperators(
        who=identity.who,
        request_id=request.request_id,
        fingerprint=fingerprint_of(request),
        entries=(entry,),
        etag=request.operator.etag or (known.etag if known else ""),
    )
