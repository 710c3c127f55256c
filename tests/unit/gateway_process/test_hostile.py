"""A small hostile campaign against real actors and a real gateway: every method, every family, every trick."""

from pathlib import Path

import pytest

from loadtests.hostile.callers import Callers
from loadtests.hostile.campaign import MUST_BE_ZERO, Campaign, Plan, holds
from loadtests.hostile.messages import FAMILIES, LARGE_FAMILIES
from loadtests.hostile.methods import every_method
from loadtests.hostile.tally import Tally, leak_in, personal_data_in_logs
from loadtests.wire import DevelopmentTokens
from tests.unit.gateway_process.live_country import KIND, LiveCountry, live_country

CODES = ("fujian", "jiangxi")
#: Enough that each of the cheap families reaches every method.
COUNT = 1_500


def _plan(country: LiveCountry, count: int) -> Plan:
    tokens = DevelopmentTokens(
        ops="ops",
        branch={code: f"branch-{code}" for code in CODES},
        desk={code: f"desk-{code}" for code in CODES},
    )
    return Plan(
        address=country.address,
        tokens=tokens,
        own="jiangxi",
        foreign="fujian",
        kind=KIND.kind,
        count=count,
        seed=7,
        seconds_max=100,
    )


async def test_hostile_messages_get_definite_answers_and_nothing_else(tmp_path: Path) -> None:
    """Would break if any message anybody can send ended a process, showed our insides, or was stored without an acknowledgement."""
    async with live_country(tmp_path, *CODES) as country:
        campaign = Campaign(_plan(country, COUNT))
        await campaign.run()
        result = campaign.result()
    assert {name: result[name] for name in MUST_BE_ZERO} == dict.fromkeys(MUST_BE_ZERO, 0), result["examples"]
    assert holds(result, COUNT)
    assert {*FAMILIES, *LARGE_FAMILIES, *Callers.tricks()} <= set(result["families"])
    assert result["statuses"]["INVALID_ARGUMENT"] > COUNT // 4


def test_every_service_of_the_contract_is_attacked() -> None:
    """A service that the campaign forgets is one that nobody has tried to break."""
    services = {method.path.split("/")[1] for method in every_method()}
    assert {"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"} <= services
    assert {
        f"sharedops.v1.{name}Service" for name in ("Task", "Work", "Operator", "Province", "Monitor", "Event", "Admin")
    } <= services


@pytest.mark.parametrize(
    "text",
    [
        b"Unexpected <class 'ValueError'>: x",
        b"Traceback (most recent call last)",
        b'File "/srv/x", line 3',
        b"no such file /var/lib/data",
        b"KeyError",
        "client 欧阳锋某 is not known".encode(),
        b"350102199003071234",
    ],
)
def test_a_leak_is_seen(text: bytes) -> None:
    """A detector that sees nothing lets every campaign pass."""
    assert leak_in(text)


@pytest.mark.parametrize(
    "text",
    [
        b"parent: is required (2 more)",
        b"type.googleapis.com/google.rpc.ErrorInfo",
        b"There is no province atlantis.",
        b"",
    ],
)
def test_an_honest_refusal_is_no_leak(text: bytes) -> None:
    """A detector that cries at every status would be switched off."""
    assert not leak_in(text)


def test_personal_data_in_a_log_is_found(tmp_path: Path) -> None:
    """Logs are read by more people than journals are."""
    (tmp_path / "a.log").write_text("ordinary", encoding="utf-8")
    assert personal_data_in_logs(tmp_path) == []
    (tmp_path / "b.log").write_text("call of 13800138000 failed", encoding="utf-8")
    assert personal_data_in_logs(tmp_path) == ["b.log"]


def test_a_campaign_that_was_cut_short_or_watched_nobody_does_not_hold() -> None:
    """A verdict must not come from messages that were never sent, nor from an honest client that never asked."""
    result = dict.fromkeys(MUST_BE_ZERO, 0) | {"messages": 10, "honest_operations": 1}
    assert holds(result, 10)
    assert not holds(result, 11)
    assert not holds(result | {"honest_operations": 0}, 10)
    assert not any(holds(result | {name: 1}, 10) for name in MUST_BE_ZERO)
    assert Tally().messages == 0
