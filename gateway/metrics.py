"""Metrics of the gateway for Prometheus: calls by method and outcome, and how long they take. Never a task id as a label."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import grpc.aio
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from gateway.v1 import monitor_pb2, province_pb2

_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)


class Metrics:
    """The registry of this process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.calls = Counter("sharedops_gateway_calls", "Calls begun, by method.", ("method",), registry=self._registry)
        self.seconds = Histogram(
            "sharedops_gateway_call_seconds",
            "Duration of unary calls, by method.",
            ("method",),
            buckets=_BUCKETS_S,
            registry=self._registry,
        )
        self._open = Gauge(
            "sharedops_open_tasks", "Open tasks by province and state.", ("province", "state"), registry=self._registry
        )
        self._available = Gauge(
            "sharedops_available_operators",
            "Operators who take work, by province.",
            ("province",),
            registry=self._registry,
        )
        self._active = Gauge(
            "sharedops_province_active", "1 while a province is ACTIVE.", ("province",), registry=self._registry
        )
        self.interceptor = _Counting(self)

    def text(self, overview: monitor_pb2.Overview) -> bytes:
        """Everything in Prometheus' text format, the country's figures as of `overview`."""
        for province in overview.provinces:
            for field, count in province.open_tasks.ListFields():
                self._open.labels(province.province, field.name).set(count)
            self._available.labels(province.province).set(province.available_operators)
            self._active.labels(province.province).set(province.state == province_pb2.PROVINCE_STATE_ACTIVE)
        return generate_latest(self._registry)


class _Counting(grpc.aio.ServerInterceptor):
    """Counts calls; times the unary ones."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """The handler of the call, timed if it is unary."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return handler
        method = handler_call_details.method.rpartition(".")[2]
        self._metrics.calls.labels(method).inc()
        serve = handler.unary_unary
        if serve is None:
            return handler
        seconds = self._metrics.seconds.labels(method)

        async def timed(request: Any, context: Any) -> Any:
            started = time.perf_counter()
            try:
                return await serve(request, context)
            finally:
                seconds.observe(time.perf_counter() - started)

        return grpc.unary_unary_rpc_method_handler(
            timed,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )
