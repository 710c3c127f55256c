"""Prepares a running country for a play, as operations staff would: rosters and sharing policies, over the wire."""

import time
from collections.abc import Sequence

import grpc
from google.protobuf import field_mask_pb2

from gateway.v1 import operator_pb2, operator_pb2_grpc, province_pb2, province_pb2_grpc
from loadtests.roster import Person
from loadtests.wire import DEADLINE_S, RequestIds, bearer, call_patiently

#: Operators in one call.
BATCH_MAX = 500


class SetupRefused(Exception):
    """The country did not take a roster entry or a policy; `str` says which and why."""


async def enrol(channel: grpc.aio.Channel, token: str, people: Sequence[Person]) -> None:
    """Put everybody on the rosters.

    Raises:
        SetupRefused: somebody was not taken.
    """
    stub = operator_pb2_grpc.OperatorServiceStub(channel)
    request_ids, now_ms = RequestIds("roster"), time.time_ns() // 1_000_000
    mask = field_mask_pb2.FieldMask(paths=["*"])
    for start in range(0, len(people), BATCH_MAX):
        batch = operator_pb2.BatchUpdateOperatorsRequest(
            requests=[
                operator_pb2.UpdateOperatorRequest(
                    operator=person.to_wire(now_ms), update_mask=mask, request_id=request_ids()
                )
                for person in people[start : start + BATCH_MAX]
            ]
        )
        answer = await call_patiently(
            lambda batch=batch: stub.BatchUpdateOperators(batch, metadata=bearer(token), timeout=DEADLINE_S)
        )
        for result in answer.results:
            if result.WhichOneof("result") == "error":
                operator = batch.requests[result.index].operator.name
                raise SetupRefused(f"{operator}: {result.error.reason}: {result.error.message}")


async def share_by_wait(
    channel: grpc.aio.Channel, token: str, provinces: Sequence[str], activation_wait_ms: int, release_wait_ms: int
) -> None:
    """Let every province share work when its expected wait exceeds `activation_wait_ms`, until it is below `release_wait_ms`.

    Raises:
        grpc.aio.AioRpcError: a policy was refused.
    """
    stub = province_pb2_grpc.ProvinceServiceStub(channel)
    request_ids = RequestIds("policy")
    mask = field_mask_pb2.FieldMask(paths=["share_out_mode", "activation_wait_ms", "release_wait_ms"])
    for province in provinces:
        request = province_pb2.UpdateSharingPolicyRequest(
            sharing_policy=province_pb2.SharingPolicy(
                name=f"provinces/{province}/sharingPolicy",
                share_out_mode=province_pb2.SHARE_OUT_MODE_OVERFLOW,
                activation_wait_ms=activation_wait_ms,
                release_wait_ms=release_wait_ms,
            ),
            update_mask=mask,
            reason="thresholds for the demonstration",
            request_id=request_ids(),
        )
        await call_patiently(
            lambda request=request: stub.UpdateSharingPolicy(request, metadata=bearer(token), timeout=DEADLINE_S)
        )
