"""Figures of calls for Prometheus."""

from gateway.metrics import Metrics
from gateway.v1 import monitor_pb2

CREATE = "/sharedops.v1.TaskService/CreateTask"


def _lines(metrics: Metrics) -> list[str]:
    return metrics.text(monitor_pb2.Overview()).decode().splitlines()


def test_calls_are_counted_by_method_and_status() -> None:
    """Would break if failures were counted as successes, or one method's calls as another's."""
    metrics = Metrics()
    for code in ("OK", "OK", "INTERNAL"):
        metrics.observe(CREATE, code, 0.001)
    metrics.observe("/sharedops.v1.WorkService/Work", "OK", None)
    lines = _lines(metrics)
    assert 'sharedops_gateway_requests_total{code="OK",method="TaskService/CreateTask"} 2.0' in lines
    assert 'sharedops_gateway_requests_total{code="INTERNAL",method="TaskService/CreateTask"} 1.0' in lines
    assert 'sharedops_gateway_requests_total{code="OK",method="WorkService/Work"} 1.0' in lines


def test_a_state_without_open_tasks_is_at_zero() -> None:
    """An alarm on waiting tasks would go on after the last of them was done, until the gateway restarts."""
    metrics, province = Metrics(), monitor_pb2.ProvinceOverview(province="fujian", open_tasks={"queued": 5})
    for left in (5, 0):
        province.open_tasks.queued = left
        lines = metrics.text(monitor_pb2.Overview(provinces=[province])).decode().splitlines()
        assert f'sharedops_open_tasks{{province="fujian",state="queued"}} {left}.0' in lines
        assert 'sharedops_open_tasks{province="fujian",state="moving"} 0.0' in lines


def test_durations_are_cumulated_as_prometheus_wants_them() -> None:
    """Would break if a bound belonged to the bucket above it, or streams, which have no duration, to any."""
    metrics = Metrics()
    for seconds in (0.0005, 0.001, 0.0011, 40.0):
        metrics.observe(CREATE, "OK", seconds)
    metrics.observe(CREATE, "OK", None)
    lines = _lines(metrics)
    for bound, count in (("0.001", 2.0), ("0.002", 3.0), ("30.0", 3.0), ("+Inf", 4.0)):
        assert f'sharedops_gateway_seconds_bucket{{le="{bound}",method="TaskService/CreateTask"}} {count}' in lines
    assert 'sharedops_gateway_seconds_count{method="TaskService/CreateTask"} 4.0' in lines
    assert 'sharedops_gateway_seconds_sum{method="TaskService/CreateTask"} 40.0026' in lines


def test_two_versions_of_a_service_are_one_row() -> None:
    """Would break if Prometheus were given the same series twice, and refused all of them."""
    metrics = Metrics()
    for version in ("v1", "v1alpha"):
        metrics.observe(f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo", "OK", 0.001)
    lines = _lines(metrics)
    assert 'sharedops_gateway_requests_total{code="OK",method="ServerReflection/ServerReflectionInfo"} 2.0' in lines
    assert 'sharedops_gateway_seconds_count{method="ServerReflection/ServerReflectionInfo"} 2.0' in lines
    assert len(lines) == len(dict.fromkeys(lines))
