"""The gateway's services on a real grpc.aio server over loopback, with a country of the real core behind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from gateway.admission import NO_LIMITS, Admission
from gateway.gate import Gate
from gateway.identity import Identity, Role, Tokens, digest_of
from gateway.item_admission import ItemAdmission
from gateway.names import operator_id
from gateway.services.dispatch import DispatchService
from gateway.services.drill import DrillService
from gateway.services.operator import OperatorService
from gateway.services.province import ProvinceService
from gateway.services.quality import QualityService
from gateway.services.task import TaskService
from gateway.v1 import (
    dispatch_pb2_grpc,
    drill_pb2_grpc,
    operator_pb2_grpc,
    province_pb2_grpc,
    quality_pb2_grpc,
    task_pb2,
    task_pb2_grpc,
)
from tests.unit.gateway.country import Country

#: Token -> who it is. A token is the role, and the province where the role has one.
IDENTITIES = {
    "ops": (Role.OPS, "*"),
    "ops-2": (Role.OPS, "*"),
    "auditor": (Role.AUDITOR, "*"),
    **{f"branch-{code}": (Role.BRANCH, code) for code in ("fujian", "jiangxi")},
    **{f"lead-{code}": (Role.TEAM_LEAD, code) for code in ("fujian", "jiangxi")},
    "desk-fujian": (Role.OPERATOR, "fujian"),
    "desk-of-wang": (Role.OPERATOR, "fujian"),
}
#: Whom a token may act for, where not for everybody of its province.
OPERATORS = {"desk-of-wang": (operator_id("fujian", "wang"),)}


class Gateway:
    """Stubs of the services, and the country behind them."""

    def __init__(self, channel: grpc.aio.Channel, country: Country, address: str) -> None:
        self.channel = channel
        self.address = address
        self.country = country
        self.tasks: Any = task_pb2_grpc.TaskServiceStub(channel)
        self.operators: Any = operator_pb2_grpc.OperatorServiceStub(channel)
        self.provinces: Any = province_pb2_grpc.ProvinceServiceStub(channel)
        self.dispatch: Any = dispatch_pb2_grpc.DispatchServiceStub(channel)
        self.drills: Any = drill_pb2_grpc.DrillServiceStub(channel)
        self.quality: Any = quality_pb2_grpc.QualityServiceStub(channel)


def as_(token: str) -> dict[str, Any]:
    """Options of a call made with a token."""
    return {"metadata": (("authorization", f"Bearer {token}"),), "timeout": 20}


def facts(error: Any) -> dict[str, Any]:
    """Reason, metadata and wrong fields of a failed call."""
    status = rpc_status.from_call(error)
    found: dict[str, Any] = {"code": error.code(), "fields": []}
    for packed in status.details if status is not None else ():
        info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        if packed.Unpack(info):
            found |= {"reason": info.reason, "metadata": dict(info.metadata)}
        elif packed.Unpack(bad):
            found["fields"] = [violation.field for violation in bad.field_violations]
    return found


def create(number: int, province: str = "fujian", **fields: Any) -> task_pb2.CreateTaskRequest:
    """A request that makes a task."""
    known: dict[str, Any] = {"external_id": f"case-{number}", "kind": "claims-medical"}
    task = task_pb2.Task(**known | fields)
    return task_pb2.CreateTaskRequest(parent=f"provinces/{province}", request_id=f"r-{number}", task=task)


async def failure(call: Any) -> dict[str, Any]:
    """What a call that must fail says."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return facts(caught.value)


@asynccontextmanager
async def gateway(*codes: str) -> AsyncIterator[Gateway]:
    """Serve a country of these provinces."""
    country = Country(*codes)
    tokens = Tokens(
        {
            digest_of(token): Identity(
                role=role,
                subject="second" if token == "ops-2" else "test",
                province=province,
                operators=OPERATORS.get(token, ()),
            )
            for token, (role, province) in IDENTITIES.items()
        }
    )
    server = grpc.aio.server(interceptors=[Gate(tokens)])
    task_pb2_grpc.add_TaskServiceServicer_to_server(
        TaskService(country, ItemAdmission(Admission(NO_LIMITS, 0.0))), server
    )
    operator_pb2_grpc.add_OperatorServiceServicer_to_server(OperatorService(country), server)
    province_pb2_grpc.add_ProvinceServiceServicer_to_server(ProvinceService(country), server)
    dispatch_pb2_grpc.add_DispatchServiceServicer_to_server(DispatchService(country), server)
    drill_pb2_grpc.add_DrillServiceServicer_to_server(DrillService(country), server)
    quality_pb2_grpc.add_QualityServiceServicer_to_server(QualityService(country), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Gateway(channel, country, f"127.0.0.1:{port}")
    finally:
        await server.stop(None)
