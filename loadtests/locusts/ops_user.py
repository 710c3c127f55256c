"""Somebody of operations: the national picture always in view, policies and provinces looked up now and then."""

import asyncio
import contextlib
import random
from collections.abc import Sequence

import grpc

from gateway.v1 import monitor_pb2, monitor_pb2_grpc, province_pb2, province_pb2_grpc
from loadtests.locusts.under_way import ATTEMPTS_MAX, UnderWay
from loadtests.watch import PictureWatch
from loadtests.wire import DEADLINE_S, bearer, call_patiently

#: Between two things that a person looks up, seconds.
LOOK_EVERY_S = 1.0


class OpsUser:
    """`run` until cancelled; before that `leave`, and wait until nothing is `under_way`."""

    def __init__(self, channel: grpc.aio.Channel, token: str, provinces: Sequence[str], seed: int) -> None:
        self._monitor = monitor_pb2_grpc.MonitorServiceStub(channel)
        self._provinces = province_pb2_grpc.ProvinceServiceStub(channel)
        self._pictures = PictureWatch(channel, token, lambda _picture: None)
        self._metadata = bearer(token)
        self._codes = provinces
        self._rng = random.Random(f"ops/{seed}")
        #: What is being looked up.
        self.under_way = UnderWay()
        self._leaving = asyncio.Event()

    async def run(self) -> None:
        """Watch and look things up."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pictures.run())
            group.create_task(self._look())

    def leave(self) -> None:
        """Look nothing more up; the picture stays in view."""
        self._leaving.set()

    async def _look(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S * self._rng.uniform(0.5, 1.5)):
                    await self._leaving.wait()
            if self._leaving.is_set():
                return
            look_up = self._rng.choice((self._overview, self._policy, self._country))
            self.under_way.begin()
            # What is not refused for now was measured as what it is; the person looks again.
            with contextlib.suppress(grpc.aio.AioRpcError):
                await call_patiently(look_up, ATTEMPTS_MAX)
            self.under_way.end()

    async def _overview(self) -> object:
        request = monitor_pb2.GetOverviewRequest()
        return await self._monitor.GetOverview(request, metadata=self._metadata, timeout=DEADLINE_S)

    async def _policy(self) -> object:
        name = f"provinces/{self._rng.choice(self._codes)}/sharingPolicy"
        request = province_pb2.GetSharingPolicyRequest(name=name)
        return await self._provinces.GetSharingPolicy(request, metadata=self._metadata, timeout=DEADLINE_S)

    async def _country(self) -> object:
        request = province_pb2.ListProvincesRequest(page_size=100)
        return await self._provinces.ListProvinces(request, metadata=self._metadata, timeout=DEADLINE_S)
