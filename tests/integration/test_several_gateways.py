"""Several gateways behind one port: each serves whoever it is given, and one that fails is replaced while the others go on."""

import http.client
import os
import queue
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import grpc
import pytest

from actors.process_state import command_line
from gateway.v1 import admin_pb2, admin_pb2_grpc, work_pb2, work_pb2_grpc
from tests.integration.branch import Branch, Desk
from tests.integration.country import Country, running
from tests.integration.until import until

#: Connections until both gateways were met; that the kernel's hash gives all of them to one has a chance of one in 10^19.
TRIES = 64


@pytest.fixture(name="country", scope="module")
def two_gateways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    """A country of two provinces and two gateways."""
    with running(tmp_path_factory.mktemp("country") / "data", ("fujian", "jiangxi"), "--gateways", "2") as country:
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


def test_of_a_gateway_only_the_loop_interrupts_others(country: Country) -> None:
    """Would break if gRPC's threads, which inherit it from whoever starts them, interrupted the loop again for every event."""
    pid = _pid(country, "g1")
    policies = {thread: os.sched_getscheduler(int(thread.name)) for thread in Path(f"/proc/{pid}/task").iterdir()}
    grpc_threads = [thread for thread in policies if thread.joinpath("comm").read_text().startswith("event_engine")]
    assert grpc_threads
    assert {policies[thread] for thread in grpc_threads} == {os.SCHED_BATCH}
    assert os.sched_getscheduler(pid) == os.SCHED_OTHER


def test_any_gateway_serves_any_client_and_each_is_replaced(country: Country) -> None:
    """Would break if a task or a desk were known to one gateway alone, or if only the first gateway were watched."""
    first, _ = _meet(country, "g1")
    second, second_life = _meet(country, "g2")
    with closing(first), closing(second):
        name = Branch(first, country, "fujian").create(home_only=True).name
        assert Branch(second, country, "fujian").get(name).name == name
        with _stream(first, country, "fujian-op-2") as stream:
            Desk(second, country, "fujian", "fujian-op-2").sign_out()
            ended = next(update.session for answer in stream for update in answer.updates if update.HasField("session"))
            assert ended.end_reason == "SIGNED_OUT"
        Desk(first, country, "fujian", "fujian-op-1").sign_in()
        # The same person comes back through the other gateway, as after a broken connection.
        assert Desk(second, country, "fujian", "fujian-op-1").sign_in().operator.endswith("/fujian-op-1")
        os.kill(_pid(country, "g2"), signal.SIGKILL)
        assert Branch(first, country, "fujian").get(name).name == name
    _wait_replaced(country, "g2", second_life)
    _, first_life = _meet(country, "g1")
    os.kill(_pid(country, "g1"), signal.SIGSTOP)
    _wait_replaced(country, "g1", first_life)
    _check_consoles(country)
    assert country.stop() == 0
    assert "fork" not in country.errors(), (
        "what the command says is for people: who was restarted and why, and nothing of gRPC's"
    )


@contextmanager
def _stream(channel: grpc.Channel, country: Country, operator: str) -> Iterator[Iterator[work_pb2.WorkResponse]]:
    """An open stream on which an operator has signed in."""
    action = work_pb2.WorkAction(
        action_id="a-1",
        request_id="r-1",
        operator=f"provinces/fujian/operators/{operator}",
        sign_in=work_pb2.SignInAction(desk_id="desk-2"),
    )
    asked: queue.SimpleQueue[work_pb2.WorkRequest | None] = queue.SimpleQueue()
    asked.put(work_pb2.WorkRequest(actions=[action]))
    work = work_pb2_grpc.WorkServiceStub(channel)
    stream = work.Work(iter(asked.get, None), metadata=country.token("desk", "fujian"), timeout=60)
    try:
        assert next(stream).updates[0].result.HasField("session")
        yield stream
    finally:
        asked.put(None)
        stream.cancel()


def _check_consoles(country: Country) -> None:
    """Both are where they were before their gateways were replaced."""
    consoles = country.ready["consoles"]
    assert isinstance(consoles, list) and len(consoles) == 2
    for url in consoles:
        asking = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
        with closing(asking):
            asking.request("GET", "/healthz")
            assert asking.getresponse().status == 200


def _wait_replaced(country: Country, gateway: str, before: str) -> None:
    def is_replaced() -> bool:
        try:
            channel, now = _meet(country, gateway)
        except AssertionError:
            return False
        channel.close()
        return now != before

    until(is_replaced, within_s=60)
