"""AdminService: the processes behind the provinces, and the state of their journals."""

import asyncio
import importlib.metadata
import time

from actors import protocol
from actors.core import commands as c
from actors.core.ids import ProvinceCode
from actors.core.replies import ProvinceReply
from gateway import conversion, pages, permissions, validation
from gateway.answers import Provinces, expect
from gateway.calls import Context, deadline_of
from gateway.clock import wall_ms
from gateway.errors import GatewayError, GatewayReason
from gateway.identity import caller
from gateway.v1 import admin_pb2, admin_pb2_grpc

_SERVICE = "/sharedops.v1.AdminService/"
#: The coordinator's journal.
HQ_JOURNAL = "hq"
#: A province that does not answer within this is shown as DEGRADED.
RUNTIME_TIMEOUT_S = 2.0


class AdminService(admin_pb2_grpc.AdminServiceServicer):
    """What those who run the system ask."""

    def __init__(self, provinces: Provinces, gateway_id: str) -> None:
        self._provinces = provinces
        self._gateway_id = gateway_id
        self._started_ms = wall_ms()

    async def GetServerInfo(  # noqa: N802 - the contract's name
        self, request: admin_pb2.GetServerInfoRequest, context: Context
    ) -> admin_pb2.ServerInfo:
        """Which server answers."""
        deadline_of(context)
        validation.check(request)
        return admin_pb2.ServerInfo(
            version=importlib.metadata.version("sharedops"),
            wire_package="sharedops.v1",
            gateway_id=self._gateway_id,
            start_time_ms=self._started_ms,
            server_time_ms=wall_ms(),
            province_count=len(self._provinces.codes()),
        )

    async def ListProvinceRuntimes(  # noqa: N802
        self, request: admin_pb2.ListProvinceRuntimesRequest, context: Context
    ) -> admin_pb2.ListProvinceRuntimesResponse:
        """Process, epoch and head of every province."""
        deadline = min(deadline_of(context), asyncio.get_running_loop().time() + RUNTIME_TIMEOUT_S)
        validation.check(request)
        place = pages.first_place(request.page_token, "runtimes")
        codes = [code for code in self._provinces.codes() if code > place.after]
        page = codes[: pages.page_size_of(request.page_size)]
        runtimes = await asyncio.gather(*(self._runtime(ProvinceCode(code), deadline) for code in page))
        return admin_pb2.ListProvinceRuntimesResponse(
            province_runtimes=runtimes,
            next_page_token=pages.next_token(place, "", page[-1]) if len(codes) > len(page) else "",
        )

    async def _runtime(self, code: ProvinceCode, deadline: float) -> admin_pb2.ProvinceRuntime:
        try:
            runtime, province = await asyncio.gather(
                self._provinces.call(code, protocol.GetRuntime(), deadline=deadline),
                self._provinces.call(code, c.GetProvince(), deadline=deadline),
            )
        except GatewayError:
            return conversion.runtime_out(code, None)
        status = expect(province, ProvinceReply).summary.status
        return conversion.runtime_out(code, expect(runtime, protocol.Runtime), status)

    async def VerifyJournal(  # noqa: N802
        self, request: admin_pb2.VerifyJournalRequest, context: Context
    ) -> admin_pb2.JournalVerification:
        """Read a journal from its first frame and check the chain."""
        deadline = deadline_of(context)
        validation.check(request)
        permissions.admit(caller(), f"{_SERVICE}VerifyJournal")
        started = time.monotonic()
        if request.journal == HQ_JOURNAL:
            reply = await self._provinces.coordinator(protocol.VerifyChain(), deadline=deadline)
        elif request.journal in self._provinces.codes():
            reply = await self._provinces.call(request.journal, protocol.VerifyChain(), deadline=deadline)
        else:
            raise GatewayError(GatewayReason.UNKNOWN_JOURNAL, f"There is no journal {request.journal}.")
        elapsed_ms = int((time.monotonic() - started) * 1000)
        return conversion.verification_out(request.journal, expect(reply, protocol.ChainReport), elapsed_ms)
