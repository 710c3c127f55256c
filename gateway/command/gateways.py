"""The gateways of a system: as many processes as were asked for, named g1, g2, …, all behind one port for gRPC.

Each has a console with the metrics of its own; the first one's is where it was asked for, each further one's a port higher. All these ports are
held (`gateway.held_port`), so that a gateway's successor finds its own. Calls taken in a second are shared out evenly beforehand: gateways
know nothing of each other, and the kernel spreads the connections.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import grpc.aio

from actors.store import Store
from gateway.accepting import own_address
from gateway.command.children import Child
from gateway.command.watchdog import gateway_answers


class GatewayChild(Child):
    """One gateway process.

    Args:
        number: from 0.
        options: what all gateways of the system are started with.
        console: ``host:port`` where its console listens.
    """

    def __init__(self, number: int, store: Store, run_dir: Path, options: tuple[str, ...], console: str) -> None:
        gateway_id = f"g{number + 1}"
        self._said = run_dir / f"gateway-{gateway_id}.json"
        self._has_listened = False
        #: ``host:port`` where its console listens.
        self.console = console
        #: Where it alone answers gRPC.
        self.own_address = own_address(run_dir, gateway_id)
        self._channel: grpc.aio.Channel | None = None
        super().__init__(
            f"gateway {gateway_id}",
            (
                *(sys.executable, "-m", "gateway.server", "--gateway-id", gateway_id),
                *("--run-dir", str(run_dir)),
                *("--console", console),
                *("--log", str(store.logs / f"gateway-{gateway_id}.log")),
                *options,
            ),
            store.logs / f"gateway-{gateway_id}.out",
        )

    async def start(self) -> None:
        """Start it, or its successor."""
        # The old connection would rest for longer and longer between two attempts.
        await self._hang_up()
        await super().start()

    async def stop(self, grace_s: float) -> None:
        """SIGTERM, then SIGKILL after the grace."""
        await self._hang_up()
        await super().stop(grace_s)

    async def _hang_up(self) -> None:
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close()

    def has_listened(self) -> bool:
        """Whether it, or a predecessor, has said that it listens: asked before, gRPC would rest for longer and longer.

        Its file is needed once: whatever clears directories of temporary files may take it later, and a gateway is not dead for that.
        """
        self._has_listened = self._has_listened or self._said.exists()
        return self._has_listened

    async def answers(self) -> bool:
        """Whether it answers a health check, whatever it says of the provinces."""
        if not self.has_listened():
            return False
        if self._channel is None:
            self._channel = grpc.aio.insecure_channel(self.own_address)
        return await gateway_answers(self._channel)


def make_gateways(
    store: Store, run_dir: Path, *, grpc: str, consoles: Sequence[str], admission_per_second: int
) -> tuple[GatewayChild, ...]:
    """The gateways of a system, not yet started, one for each console.

    Args:
        grpc: ``host:port``, which is held for them.
        consoles: likewise.
        admission_per_second: calls that all take in together; 0: no limit.
    """
    options = (
        *("--grpc", grpc, "--held-ports"),
        *("--tokens", str(store.directory / "tokens.toml")),
        *("--provinces", ",".join(store.identity.provinces)),
        *("--admission-per-second", str(share_of(admission_per_second, len(consoles)))),
    )
    return tuple(GatewayChild(number, store, run_dir, options, console) for number, console in enumerate(consoles))


def share_of(per_second: int, count: int) -> int:
    """What each of so many gateways takes in a second, rounded up: 0 would mean no limit."""
    return -(-per_second // count)


def console_addresses(first: str, count: int) -> list[str]:
    """Where the consoles of so many gateways listen: one port higher each, or anywhere if the first may, too."""
    host, _, port = first.rpartition(":")
    return [f"{host}:{int(port) + number if int(port) else 0}" for number in range(count)]
