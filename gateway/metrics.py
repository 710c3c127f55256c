"""Metrics of the gateway for Prometheus: calls by method and outcome, and how long they take. Never a task id as a label."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from gateway.v1 import monitor_pb2, province_pb2

_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)


class Metrics:
    """The registry of this process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "sharedops_gateway_requests",
            "Calls that ended, by method and status.",
            ("method", "code"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "sharedops_gateway_seconds",
            "Duration of unary calls, by method.",
            ("method",),
            buckets=_BUCKETS_S,
            registry=self._registry,
        )
        #: Looking a labelled figure up costs more than counting it.
        self._counts: dict[tuple[str, str], Counter] = {}
        self._durations: dict[str, Histogram] = {}
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
        count = self._counts.get((method, code))
        if count is None:
            count = self._counts[method, code] = self._requests.labels(_short(method), code)
        count.inc()
        if seconds is not None:
            duration = self._durations.get(method)
            if duration is None:
                duration = self._durations[method] = self._seconds.labels(_short(method))
            duration.observe(seconds)

    def text(self, overview: monitor_pb2.Overview) -> bytes:
        """Everything in Prometheus' text format, the country's figures as of `overview`."""
        for province in overview.provinces:
            for field, count in province.open_tasks.ListFields():
                self._open.labels(province.province, field.name).set(count)
            self._available.labels(province.province).set(province.available_operators)
            self._gained.labels(province.province).set(province.gained_minutes)
            self._active.labels(province.province).set(province.state == province_pb2.PROVINCE_STATE_ACTIVE)
        return generate_latest(self._registry)


def _short(method: str) -> str:
    """``Service/Method``."""
    return method.rpartition(".")[2]
