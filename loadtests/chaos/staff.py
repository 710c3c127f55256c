"""Operations staff under chaos: evacuations there and back, and sharing policies that change, so that tasks move all the time."""

import asyncio
import random
from collections.abc import Sequence

import grpc
from google.protobuf import field_mask_pb2

from gateway.v1 import operator_pb2, province_pb2
from loadtests.chaos.calls import Caller
from loadtests.chaos.history import History, Operation
from loadtests.wire import RequestIds

IDENTITY = "ops"
#: An evacuation lasts this long, shortest and longest, seconds.
EVACUATION_S = (3.0, 8.0)
#: Pause before the next one.
PAUSE_S = (0.5, 2.5)
#: One evacuation at a time for so many provinces.
PROVINCES_PER_EVACUATION = 8
#: Policies that come up: (mode, activation wait, release wait).
_POLICIES = (
    (province_pb2.SHARE_OUT_MODE_OVERFLOW, 2_000, 500),
    (province_pb2.SHARE_OUT_MODE_OVERFLOW, 20_000, 5_000),
    (province_pb2.SHARE_OUT_MODE_CLOSED, 900_000, 300_000),
)


class Staff:
    """Operations staff of the whole country. `run` until cancelled, then `resume_all`."""

    def __init__(
        self, channel: grpc.aio.Channel, token: str, provinces: Sequence[str], history: History, *, seed: int
    ) -> None:
        self.caller = Caller(channel, token, IDENTITY, history)
        self._rng = random.Random(f"staff/{seed}")
        self._provinces = list(provinces)
        self._resting = list(provinces)
        self._request_ids = RequestIds("staff")

    async def run(self) -> None:
        """Evacuate and change policies until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(max(1, len(self._provinces) // PROVINCES_PER_EVACUATION)):
                group.create_task(self._evacuate_for_ever())
            group.create_task(self._change_policies_for_ever())

    async def _evacuate_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._rng.uniform(*PAUSE_S))
            province = self._resting.pop(self._rng.randrange(len(self._resting)))
            await self.evacuate(province)
            await asyncio.sleep(self._rng.uniform(*EVACUATION_S))
            await self.resume(province)
            self._resting.append(province)

    async def evacuate(self, province: str) -> None:
        """Give all movable work of a province away."""
        request = province_pb2.EvacuateProvinceRequest(
            name=f"provinces/{province}", reason="chaos", request_id=self._request_ids()
        )
        await self.caller.call("evacuate", request, self._operation("evacuate", province, request.request_id))

    async def resume(self, province: str) -> None:
        """Let a province work again."""
        request = province_pb2.ResumeProvinceRequest(
            name=f"provinces/{province}", reason="chaos is over", request_id=self._request_ids()
        )
        operation = self._operation("resume_province", province, request.request_id)
        await self.caller.call("resume_province", request, operation)

    async def resume_all(self) -> None:
        """Let every province work again."""
        await asyncio.gather(*(self.resume(province) for province in self._provinces))

    async def _change_policies_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._rng.uniform(*PAUSE_S))
            province = self._rng.choice(self._provinces)
            mode, activation_wait_ms, release_wait_ms = self._rng.choice(_POLICIES)
            request = province_pb2.UpdateSharingPolicyRequest(
                sharing_policy=province_pb2.SharingPolicy(
                    name=f"provinces/{province}/sharingPolicy",
                    share_out_mode=mode,
                    activation_wait_ms=activation_wait_ms,
                    release_wait_ms=release_wait_ms,
                ),
                update_mask=field_mask_pb2.FieldMask(paths=["share_out_mode", "activation_wait_ms", "release_wait_ms"]),
                reason="chaos",
                request_id=self._request_ids(),
            )
            operation = self._operation("update_policy", province, request.request_id)
            await self.caller.call("update_policy", request, operation)

    async def probe_coordinator(self) -> bool:
        """Ask for something that only the coordinator knows, until it is answered; whether it was."""
        operation = self._operation("list_kinds", "*", "")
        return (
            await self.caller.call("list_kinds", operator_pb2.ListTaskKindsRequest(), operation, give_up_s=90.0)
            is not None
        )

    def _operation(self, kind: str, province: str, request_id: str) -> Operation:
        return Operation(kind=kind, identity=IDENTITY, province=province, request_id=request_id, invoked_s=0.0)
