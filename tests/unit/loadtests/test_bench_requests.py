"""The measuring clients' requests: what is pasted is what was meant, and no two share an id."""

import itertools

import pytest

from gateway.v1 import task_pb2
from loadtests.bench.requests import RequestIds, Requests

COUNT = 5_000


def made(order: RequestIds) -> list[task_pb2.CreateTaskRequest]:
    """The first requests of one client."""
    requests = Requests("fujian", "claims-medical", "s0c1", order)
    return [task_pb2.CreateTaskRequest.FromString(requests.body(number)) for number in range(COUNT)]


@pytest.mark.parametrize("order", RequestIds)
def test_every_request_has_ids_of_its_own_and_those_of_tasks_rise(order: RequestIds) -> None:
    """Else two tasks would be one, and the counts would not say so."""
    requests = made(order)
    assert len({request.request_id for request in requests}) == COUNT
    tasks = [request.task.external_id for request in requests]
    assert tasks == sorted(set(tasks))
    assert {(request.parent, request.task.kind) for request in requests} == {("provinces/fujian", "claims-medical")}


def test_rising_request_ids_are_those_of_the_tasks() -> None:
    """What all other measurements send."""
    assert all(request.request_id == request.task.external_id for request in made(RequestIds.RISING))


def test_neighbours_among_scattered_request_ids_lie_far_apart() -> None:
    """Else they would share pages of the journal's records, and measure nothing."""
    ids = [request.request_id for request in made(RequestIds.SCATTERED)]
    place = {id_: index for index, id_ in enumerate(sorted(ids))}
    steps = [abs(place[one] - place[next_]) for one, next_ in itertools.pairwise(ids)]
    assert min(steps) > COUNT // 10
