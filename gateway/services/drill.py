"""DrillService: failover drills, kept and run by the coordinator."""
# ruff: noqa: N802 - the contract names the methods

from actors import protocol
from actors.core.ids import ProvinceCode
from gateway import names, pages, permissions, validation
from gateway.answers import Provinces, check_known, expect
from gateway.calls import Context, deadline_of
from gateway.conversion.drill import drill_in, drill_out
from gateway.identity import Identity, caller
from gateway.v1 import drill_pb2, drill_pb2_grpc

_SERVICE = "/sharedops.v1.DrillService/"
#: Drills in a page when the request does not say.
PAGE_SIZE_DEFAULT = 20


class DrillService(drill_pb2_grpc.DrillServiceServicer):
    """Drills, for operations staff."""

    def __init__(self, provinces: Provinces) -> None:
        self._provinces = provinces

    async def CreateDrill(self, request: drill_pb2.CreateDrillRequest, context: Context) -> drill_pb2.Drill:
        """Write a drill down, or only check it."""
        validation.check(request)
        identity = _admitted("CreateDrill")
        for place, code in enumerate(request.drill.provinces):
            check_known(self._provinces, ProvinceCode(code), f"drill.provinces[{place}]")
        asked = protocol.CreateDrill(
            spec=drill_in(request.drill),
            validate_only=request.validate_only,
            who=identity.who,
            # What is only shown must not use up the id of the drill that may follow.
            request_id="" if request.validate_only else request.request_id,
        )
        return await self._ask(asked, context)

    async def StartDrill(self, request: drill_pb2.StartDrillRequest, context: Context) -> drill_pb2.Drill:
        """Begin a drill."""
        validation.check(request)
        identity = _admitted("StartDrill")
        asked = protocol.StartDrill(
            drill_id=names.parse_drill(request.name), who=identity.who, request_id=request.request_id
        )
        return await self._ask(asked, context)

    async def AbortDrill(self, request: drill_pb2.AbortDrillRequest, context: Context) -> drill_pb2.Drill:
        """End a drill early."""
        validation.check(request)
        identity = _admitted("AbortDrill")
        asked = protocol.AbortDrill(
            drill_id=names.parse_drill(request.name),
            reason=request.reason,
            who=identity.who,
            request_id=request.request_id,
        )
        return await self._ask(asked, context)

    async def GetDrill(self, request: drill_pb2.GetDrillRequest, context: Context) -> drill_pb2.Drill:
        """Read a drill."""
        validation.check(request)
        _admitted("GetDrill")
        return await self._ask(protocol.GetDrill(drill_id=names.parse_drill(request.name)), context)

    async def ListDrills(self, request: drill_pb2.ListDrillsRequest, context: Context) -> drill_pb2.ListDrillsResponse:
        """A page of the drills."""
        validation.check(request)
        _admitted("ListDrills")
        place = pages.first_place(request.page_token)
        count = min(request.page_size or PAGE_SIZE_DEFAULT, protocol.DRILL_PAGE_MAX)
        asked = protocol.ListDrills(before=place.after, count=count)
        page = expect(await self._provinces.coordinator(asked, deadline=deadline_of(context)), protocol.DrillPage)
        response = drill_pb2.ListDrillsResponse(drills=[drill_out(drill) for drill in page.drills])
        if page.has_more and page.drills:
            response.next_page_token = pages.next_token(place, "", page.drills[-1].drill_id)
        return response

    async def _ask(self, request: protocol.Request, context: Context) -> drill_pb2.Drill:
        reply = await self._provinces.coordinator(request, deadline=deadline_of(context))
        return drill_out(expect(reply, protocol.DrillReply).drill)


def _admitted(method: str) -> Identity:
    permissions.admit(caller(), f"{_SERVICE}{method}")
    return caller()
