"""Several gateways behind one port: each serves whoever it is given, and one that fails is replaced while the others go on."""

import os
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import grpc
import pytest

from actors.process_state import command_line
from gateway.v1 import admin_pb2, admin_pb2_grpc
from tests.integration.branch import Branch, Desk
from tests.integration.country import Country, running
from tests.integration.until import until

#: Connections until both gateways were met; that the kernel's hash gives all of them to one has a chance of one in 10^19.
TRIES = 64


@pytest.fixture(name="country")
def two_gateways(tmp_path: Path) -> Iterator[Country]:
    """A country of two provinces and two gateways."""
    with running(tmp_path / "data", ("fujian", "jiangxi"), "--gateways", "2") as country:
        yield country


def _channel(country: Country) -> grpc.Channel:
    """A channel with a connection of its own, not one that it shares with others of this process."""
    return grpc.insecure_channel(country.grpc, options=(("grpc.use_local_subchannel_pool", 1),))


def _incarnation(country: Country, channel: grpc.Channel) -> str:
    """Who answers on a channel: ``g1`` or ``g2`` and what is new with each life."""
    request = admin_pb2.GetServerInfoRequest()
    info = admin_pb2_grpc.AdminServiceStub(channel).GetServerInfo(request, metadata=country.token("ops"), timeout=3)
    return info.gateway_id


def _meet(country: Country, gateway: str) -> tuple[grpc.Channel, str]:
    """A channel to one of the gateways, and its incarnation."""
    for _ in range(TRIES):
        channel = _channel(country)
        try:
            found = _incarnation(country, channel)
        except grpc.RpcError:
            found = ""
        if found.startswith(f"{gateway}-"):
            return channel, found
        channel.close()
    raise AssertionError(f"{gateway} was not met on {TRIES} connections")


def _pid(country: Country, gateway: str) -> int:
    return next(pid for pid in country.descendants() if f"--gateway-id {gateway} " in command_line(pid))


def test_any_gateway_serves_any_client_and_each_is_replaced(country: Country) -> None:
    """Would break if a task or a desk were known to one gateway alone, or if only the first gateway were watched."""
    first, _ = _meet(country, "g1")
    second, second_life = _meet(country, "g2")
    with closing(first), closing(second):
        name = Branch(first, country, "fujian").create(home_only=True).name
        assert Branch(second, country, "fujian").get(name).name == name
        Desk(first, country, "fujian", "fujian-op-1").sign_in()
        # The same person comes back through the other gateway, as after a broken connection.
        assert Desk(second, country, "fujian", "fujian-op-1").sign_in().operator.endswith("/fujian-op-1")
        os.kill(_pid(country, "g2"), signal.SIGKILL)
        assert Branch(first, country, "fujian").get(name).name == name
    _wait_replaced(country, "g2", second_life)
    _, first_life = _meet(country, "g1")
    os.kill(_pid(country, "g1"), signal.SIGSTOP)
    _wait_replaced(country, "g1", first_life)
    assert country.ready["consoles"] != [country.console]
    assert country.stop() == 0


def _wait_replaced(country: Country, gateway: str, before: str) -> None:
    def is_replaced() -> bool:
        try:
            channel, now = _meet(country, gateway)
        except AssertionError:
            return False
        channel.close()
        return now != before

    until(is_replaced, within_s=60)
