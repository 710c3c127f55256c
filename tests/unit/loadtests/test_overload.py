"""The overload's open loop against a gateway in this process, and its verdict."""

import msgspec
import pytest

from gateway.admission import Limits
from gateway.command.bench_overload import checks_of
from loadtests.bench.connection import End
from loadtests.bench.offering import Client, Offered, Order, offer
from loadtests.bench.overload import Overload, summed
from tests.unit.gateway_streams.served import KIND, Served, served


def _order(address: str, token: str) -> Order:
    """Some hundred calls."""
    return Order(
        address=address,
        token=token,
        province="fujian",
        kind=KIND,
        per_second=400,
        seconds=0.25,
        warm_up_s=0.05,
        prefix="c0",
    )


async def _offer(found: Served) -> Offered:
    token = found.as_("branch", "fujian")["metadata"][0][1].removeprefix("Bearer ")
    return await offer(_order(found.grpc, token))


async def test_every_call_offered_is_accounted_for() -> None:
    """Calls that vanish from the books would make any goodput look good."""
    async with served("fujian") as found:
        offered = await _offer(found)
    assert offered.offered > 0
    assert len(offered.accepted_us) == offered.offered == len(offered.late_us)
    assert not offered.refused_us
    assert not offered.otherwise


async def test_a_call_is_begun_when_it_is_due() -> None:
    """Begun when the next one is due, each would wait for a whole interval: at a slow pace most of what is measured."""
    async with served("fujian") as found:
        token = found.as_("branch", "fujian")["metadata"][0][1].removeprefix("Bearer ")
        order = msgspec.structs.replace(_order(found.grpc, token), per_second=1, seconds=0.5, warm_up_s=0.0)
        offered = await offer(order)
    assert offered.offered == 1


async def test_refusals_are_told_apart_and_looked_into() -> None:
    """A refusal without RetryInfo must be seen by whoever measures refusals."""
    async with served("fujian", limits=Limits(in_flight_max=0)) as found:
        offered = await _offer(found)
    assert len(offered.refused_us) == offered.offered > 0
    assert offered.without_retry_info == 0
    assert not offered.accepted_us


async def test_what_is_accepted_when_the_time_is_over_is_no_goodput() -> None:
    """A gateway that only ever queues would be praised for what it answers when nobody offers anything any more."""
    client = Client(_order("127.0.0.1:1", "none"), ())
    client.count(End(0), 1_000)
    client.time_is_over = True
    client.count(End(0), 9_000_000)
    assert client.offered.accepted_us == [1_000, 9_000_000]
    client.offered.offered = 2
    parts = [client.offered, msgspec.structs.replace(client.offered, accepted_late=0)]
    result = summed(Overload(gateways=1, limit_per_second=10, seconds=2.0), parts, gateway_cpu_s=1.0)
    assert (result.accepted, result.accepted_late) == (4, 1)
    assert result.goodput_per_second == 1.5
    assert result.goodput_ratio == 0.15


_HELD = Overload(
    gateways=2,
    limit_per_second=1_000,
    offered_per_second=2_999,
    seconds=60,
    accepted=55_000,
    refused=120_000,
    goodput_ratio=0.92,
    accepted_p99_ms=90,
    refused_p99_ms=40,
    ops_calls=600,
    ops_p99_ms=50,
    gateway_rss_growth_mib=20,
)


def test_a_run_that_kept_every_bound_holds() -> None:
    """A verdict that is never good would be ignored."""
    assert all(checks_of(_HELD, 3_000).values())


@pytest.mark.parametrize(
    ("check", "change"),
    [
        ("offered", {"offered_per_second": 2_000}),
        ("offered", {"held_back": 1}),
        ("goodput", {"goodput_ratio": 0.84}),
        ("accepted_p99", {"accepted_p99_ms": 501.0}),
        ("accepted_p99", {"accepted_p99_ms": 0.0}),
        ("refused_p99", {"refused_p99_ms": 101.0}),
        ("refusals", {"refused": 0}),
        ("refusals", {"refused_otherwise": {"UNAVAILABLE": 1}}),
        ("refusals", {"without_retry_info": 1}),
        ("answered", {"unanswered": 1}),
        ("ops", {"ops_calls": 0}),
        ("ops", {"ops_failures": 1}),
        ("ops", {"ops_p99_ms": 301.0}),
        ("memory", {"gateway_rss_growth_mib": 129.0}),
    ],
)
def test_each_bound_can_fail_by_itself(check: str, change: dict[str, object]) -> None:
    """A check that cannot fail checks nothing."""
    checks = checks_of(msgspec.structs.replace(_HELD, **change), 3_000)
    assert [name for name, held in checks.items() if not held] == [check]
