"""Prepares a running country for a load test, as a process of its own: reads who is there, and enrols people where too few are.

Run as `python -m loadtests.locusts.preparing` with the `Wanted` as JSON on standard input and the `Prepared` as JSON on standard output.
"""

import math
from pathlib import Path

import grpc
import msgspec

from gateway.v1 import monitor_pb2, monitor_pb2_grpc, operator_pb2, operator_pb2_grpc
from loadtests.bench.client_process import be_client
from loadtests.catalogue import LINES_IN, PAGE_SIZE, read_branches, read_kinds
from loadtests.locusts.orders import Connection
from loadtests.locusts.places import Person
from loadtests.preparation import SetupRefused, enrol
from loadtests.roster import make_roster, people_count
from loadtests.wire import DEADLINE_S, bearer, call_patiently, open_channel, read_development_tokens


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the country is to be prepared for."""

    connection: Connection
    #: People in the whole country, at least.
    people_min: int
    #: Of the roster.
    seed: int = 1


class Prepared(msgspec.Struct, kw_only=True):
    """The country as it is."""

    #: Province -> its size.
    weights: dict[str, float] = {}
    people: dict[str, list[Person]] = {}
    #: People who were enrolled now.
    enrolled: int = 0
    #: Open tasks that are there already.
    open_tasks: int = 0
    #: Why it cannot be; empty: it is.
    problem: str = ""


async def prepare(wanted: Wanted) -> Prepared:
    """Prepare the country; whatever goes wrong is said in words."""
    try:
        return await _prepare(wanted)
    except FileNotFoundError as error:
        return Prepared(problem=f"there is no {error.filename}: give --data-dir of the system, or --tokens")
    except (OSError, ValueError, KeyError, TypeError) as error:
        return Prepared(problem=f"{wanted.connection.tokens} cannot be read: {type(error).__name__}: {error}")
    except SetupRefused as refused:
        return Prepared(problem=f"an operator could not be enrolled: {refused}")
    except grpc.aio.AioRpcError as error:
        where = wanted.connection.address
        return Prepared(problem=f"the system at {where} does not answer: {error.code().name} {error.details()}")


async def _prepare(wanted: Wanted) -> Prepared:
    token = read_development_tokens(Path(wanted.connection.tokens)).ops
    channel = open_channel(wanted.connection.address)
    try:
        branches, kinds = await read_branches(channel, token), await read_kinds(channel, token)
        prepared = Prepared(
            weights={branch.province: float(people_count(branch)) for branch in branches},
            people=await read_people(channel, token),
        )
        usual = sum(people_count(branch) for branch in branches)
        times = math.ceil(wanted.people_min / usual)
        # Where a branch has fewer than the roster says, it gets the roster's, of whom it may have some already.
        short = [
            branch
            for branch in branches
            if len(prepared.people.get(branch.province, ())) < times * people_count(branch)
        ]
        if short:
            roster = make_roster(wanted.seed, short, kinds, times)
            await enrol(channel, token, roster)
            prepared.enrolled = len(roster)
            prepared.people = await read_people(channel, token)
        monitor = monitor_pb2_grpc.MonitorServiceStub(channel)
        overview = await call_patiently(
            lambda: monitor.GetOverview(monitor_pb2.GetOverviewRequest(), metadata=bearer(token), timeout=DEADLINE_S)
        )
        prepared.open_tasks = open_count(overview)
        return prepared
    finally:
        await channel.close()


def open_count(overview: monitor_pb2.Overview) -> int:
    """Open tasks of the country."""
    counts = overview.totals.open_tasks
    return sum(
        (
            *(counts.scheduled, counts.queued, counts.offered, counts.assigned),
            *(counts.in_progress, counts.suspended, counts.moving),
        )
    )


async def read_people(channel: grpc.aio.Channel, token: str) -> dict[str, list[Person]]:
    """Province -> its operators, in their order."""
    stub = operator_pb2_grpc.OperatorServiceStub(channel)
    request = operator_pb2.ListOperatorsRequest(parent="provinces/-", page_size=PAGE_SIZE)
    people: dict[str, list[Person]] = {}
    while True:
        page = await call_patiently(lambda: stub.ListOperators(request, metadata=bearer(token), timeout=DEADLINE_S))
        for operator in page.operators:
            authority = {str(LINES_IN[entry.line]): entry.level for entry in operator.authorities}
            people.setdefault(operator.name.split("/")[1], []).append(Person(operator.name, authority))
        if not page.next_page_token:
            return people
        request.page_token = page.next_page_token


if __name__ == "__main__":
    be_client(Wanted, prepare)
