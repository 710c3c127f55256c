"""Several servers behind one port: what a client, and whoever else wants the port, sees of them."""

import socket
from pathlib import Path

import grpc
import grpc.aio
import pytest

from actors.core.ids import ProvinceCode
from gateway.accepting import SERVERS, Servers
from gateway.held_port import HeldPort, listener, require_unused
from gateway.identity import make_development_tokens
from gateway.server import CHANNEL_OPTIONS, Gateway, GatewaySettings, run
from tests.unit.gateway_streams.served import PATIENCE_S

#: So many connections that the kernel, which spreads them by a hash, leaves no server out: the chance is one in 10^27.
CONNECTIONS = 256


class _Numbered(grpc.GenericRpcHandler):
    """Answers every call with the number of its server."""

    def __init__(self, number: int) -> None:
        self._number = number

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        del handler_call_details

        async def answer(message: bytes, context: object) -> bytes:
            del message, context
            return bytes([self._number])

        return grpc.unary_unary_rpc_method_handler(answer)


async def _ask(port: int) -> int:
    """Who answers on a new connection."""
    # Without a pool of its own a channel would share the connection of the last.
    options = (("grpc.use_local_subchannel_pool", 1),)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
        answer: bytes = await channel.unary_unary("/any/Method")(b"", timeout=PATIENCE_S)
        return answer[0]


async def test_connections_are_spread_over_all_servers_of_the_port() -> None:
    """Servers that nobody reaches would take nothing off the one that everybody does."""
    servers = Servers(lambda: grpc.aio.server(options=CHANNEL_OPTIONS))
    for number, server in enumerate(servers):
        server.add_generic_rpc_handlers((_Numbered(number),))
    port = servers.add_insecure_port("127.0.0.1:0")
    await servers.start()
    try:
        assert {await _ask(port) for _ in range(CONNECTIONS)} == set(range(SERVERS))
    finally:
        await servers.stop(None)
    assert not await servers.wait_for_termination(PATIENCE_S)


async def test_what_is_added_is_served_by_all() -> None:
    """A service that one server lacks would be unknown to every fourth client."""
    servers = Servers(lambda: grpc.aio.server(options=CHANNEL_OPTIONS), 2)
    servers.add_generic_rpc_handlers(iter((_Numbered(7),)))
    port = servers.add_insecure_port("127.0.0.1:0")
    await servers.start()
    try:
        assert {await _ask(port) for _ in range(32)} == {7}
    finally:
        await servers.stop(None)


async def test_a_port_with_servers_behind_it_is_in_use() -> None:
    """The kernel would give a second system half of the connections of the first, and neither would know."""
    servers = Servers(lambda: grpc.aio.server(options=CHANNEL_OPTIONS), 2)
    port = servers.add_insecure_port("127.0.0.1:0")
    await servers.start()
    with pytest.raises(OSError, match="in use"):
        require_unused("127.0.0.1", port)
    with pytest.raises(OSError, match=f"in use.*{port}"):
        HeldPort(f"127.0.0.1:{port}")
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port))
    await servers.stop(None)


async def test_a_held_port_is_for_those_who_share_it_alone() -> None:
    """A connection that the supervisor's own socket was given would wait for ever; a port that is free between two lives could be lost."""
    held = HeldPort("127.0.0.1:0")
    port = int(held.address.rpartition(":")[2])
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port))
    with pytest.raises(OSError, match="in use"):
        # With SO_REUSEADDR, as nearly every server listens.
        listener("127.0.0.1", port)
    for _ in range(2):
        with listener("127.0.0.1", port, is_held=True):
            socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S).close()
    for number in (1, 2):
        servers = Servers(lambda: grpc.aio.server(options=CHANNEL_OPTIONS), 1)
        servers.add_generic_rpc_handlers((_Numbered(number),))
        assert servers.add_insecure_port(held.address) == port
        await servers.start()
        assert {await _ask(port) for _ in range(16)} == {number}
        await servers.stop(None)
    held.release()
    require_unused("127.0.0.1", port)


def _settings(tmp_path: Path, grpc_address: str, run_dir: Path, *, console: str = "127.0.0.1:0") -> GatewaySettings:
    """Of a gateway of one province that has nobody to talk to."""
    provinces = (ProvinceCode("fujian"),)
    make_development_tokens(tmp_path / "tokens.toml", provinces)
    return GatewaySettings(
        run_dir=run_dir,
        gateway_id="g1",
        grpc=grpc_address,
        console=console,
        tokens=tmp_path / "tokens.toml",
        provinces=provinces,
    )


def test_a_port_is_held_again_at_once_after_its_last_life() -> None:
    """A restart on the same port would have to wait for a minute, until the kernel has forgotten the connections that we closed."""
    held = HeldPort("127.0.0.1:0")
    port = int(held.address.rpartition(":")[2])
    with (
        listener("127.0.0.1", port, is_held=True) as listening,
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as client,
    ):
        accepted, _ = listening.accept()
        accepted.close()
        assert client.recv(1) == b""
    held.release()
    HeldPort(held.address).release()


async def test_a_gateway_listens_on_version_six_of_the_internet_protocol_too(tmp_path: Path) -> None:
    """The console knew version 4 alone: with `--console [::1]:8051` every gateway ended again and again, and so did the country."""
    gateway = Gateway(_settings(tmp_path, "[::1]:0", tmp_path, console="[::1]:0"))
    grpc_address, console = await gateway.start()
    for address in (grpc_address, console):
        host, _, port = address.rpartition(":")
        assert host == "[::1]"
        socket.create_connection(("::1", int(port)), timeout=PATIENCE_S).close()
    await gateway.stop()


async def test_a_gateway_whose_port_is_taken_says_so_in_one_line(tmp_path: Path) -> None:
    """A traceback in the supervisor's log would tell nobody on duty that another program has the port."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SystemExit, match=f"cannot start: .*in use.*{port}"):
            await run(_settings(tmp_path, f"127.0.0.1:{port}", tmp_path))


async def test_a_gateway_without_its_run_directory_says_so_in_one_line(tmp_path: Path) -> None:
    """It left a traceback: when it cannot listen gRPC raises what a bug would, and not what the operating system does."""
    with pytest.raises(SystemExit, match=r"cannot start: .*gone/g1\.own0"):
        await run(_settings(tmp_path, "127.0.0.1:0", tmp_path / "gone"))
