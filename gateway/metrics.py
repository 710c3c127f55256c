"""Metrics of the gateway for Prometheus: calls by method and outcome, and how long they take. Never a task id as a label."""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, Gauge, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from gateway.v1 import monitor_pb2, province_pb2

_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
#: As Prometheus writes them.
_BOUNDS = (*map(floatToGoString, _BUCKETS_S), "+Inf")


class Metrics:
    """The registry of this process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._calls = _Calls()
        self._registry.register(self._calls)
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
        self._gained = Gauge(
            "sharedops_service_gained_minutes",
            "Minutes of service gained today: from decisions elsewhere while the home was closed to its next opening.",
            ("province",),
            registry=self._registry,
        )

    def observe(self, method: str, code: str, seconds: float | None) -> None:
        """A call has ended. Only methods that exist come here, so the labels are bounded.

        Args:
            method: ``/package.Service/Method``.
            code: name of the status.
            seconds: None: a stream, whose length says nothing.
        """
        self._calls.ended(method, code, seconds)

    def text(self, overview: monitor_pb2.Overview) -> bytes:
        """Everything in Prometheus' text format, the country's figures as of `overview`."""
        for province in overview.provinces:
            # All of them: those at 0 are not listed as set, and would stay at what they were last.
            for field in province.open_tasks.DESCRIPTOR.fields:
                self._open.labels(province.province, field.name).set(getattr(province.open_tasks, field.name))
            self._available.labels(province.province).set(province.available_operators)
            self._gained.labels(province.province).set(province.gained_minutes)
            self._active.labels(province.province).set(province.state == province_pb2.PROVINCE_STATE_ACTIVE)
        return generate_latest(self._registry)


class _Calls(Collector):
    """Calls that ended.

    Counted in plain dictionaries, and put into Prometheus' form when somebody asks: its own counters take a lock for each of three figures, 4 %
    of what a `CreateTask` costs (measured side by side).
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}
        self._durations: dict[str, _Durations] = {}

    def ended(self, method: str, code: str, seconds: float | None) -> None:
        """One more. Two versions of a service have one name here."""
        counts, name = self._counts, method.rpartition(".")[2]
        counts[name, code] = counts.get((name, code), 0) + 1
        if seconds is not None:
            durations = self._durations.get(name)
            if durations is None:
                durations = self._durations[name] = _Durations()
            durations.by_bucket[bisect_left(_BUCKETS_S, seconds)] += 1
            durations.sum_s += seconds

    def collect(self) -> Iterator[Metric]:
        """All figures as they are now; whoever asks may do so in another thread."""
        requests = CounterMetricFamily(
            "sharedops_gateway_requests", "Calls that ended, by method and status.", labels=("method", "code")
        )
        for labels, count in list(self._counts.items()):
            requests.add_metric(labels, count)
        yield requests
        seconds = HistogramMetricFamily(
            "sharedops_gateway_seconds", "Duration of unary calls, by method.", labels=("method",)
        )
        for name, durations in list(self._durations.items()):
            cumulated = zip(_BOUNDS, accumulate(durations.by_bucket), strict=True)
            seconds.add_metric((name,), buckets=list(cumulated), sum_value=durations.sum_s)
        yield seconds


class _Durations:
    """How long the calls of a method took."""

    def __init__(self) -> None:
        #: Calls up to each of `_BUCKETS_S` and above the one before; the last: above all of them.
        self.by_bucket = [0] * (len(_BUCKETS_S) + 1)
        self.sum_s = 0.0
