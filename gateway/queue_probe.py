"""How long a call waits before this process even sees it.

gRPC takes calls off its connections in threads of its own and hands them to our loop one a turn. When the loop cannot keep up, the calls wait
in a queue that cannot be looked at, and nothing in a call says when it came. A loop that is watched for lateness looks well all the while:
it turns quickly, and each turn takes one call. So the gateway calls itself, by the same queues (one of each server of `gateway.accepting`), and
sees how long that takes.

Refused: reading the time out of clients' metadata, since it is theirs to choose; and a limit on gRPC's queue, since it answers UNAVAILABLE
without a word on when to come back. Cost: twenty calls a second for each queue, four where no pace is set.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import grpc
import grpc.aio

from gateway.admission import Admission


class SharedQueue:
    """A server to which services are added so that their calls wait in the one queue that the probe waits in, too.

    Generated code registers every method with gRPC, which then keeps a queue for each. The probe stands in that of unknown methods, so of a
    queue before a registered one it saw nothing; and for each call gRPC 1.85 waits anew for all queues at once: 69 us of CPU with our fifty-odd
    methods, 28 with seven. Registered are only the operations' picture and health: in an overload they do not stand behind everybody.

    Args:
        server: takes the methods.
    """

    def __init__(self, server: grpc.aio.Server) -> None:
        self._server = server

    def add_generic_rpc_handlers(self, generic_rpc_handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        """Serve the methods, by their names."""
        self._server.add_generic_rpc_handlers(generic_rpc_handlers)

    def add_registered_method_handlers(self, service_name: str, method_handlers: Mapping[str, Any]) -> None:
        """Serve them as they are served already."""


#: Between the answer to one probe and the next, seconds.
PAUSE_S = 0.05
#: Without a pace less depends on it, seconds.
UNPACED_PAUSE_S = 0.25
#: A probe that takes longer is counted as taking as long as this, seconds.
PROBE_MAX_S = 5.0


class QueueProbe:
    """Calls a path of each server that nobody else knows; the gate notes when the call arrives.

    Args:
        addresses: where each server, with its queue, can be asked alone.
        pause_s: between the answer to one call and the next.
    """

    def __init__(self, admission: Admission, addresses: Sequence[str], *, pause_s: float) -> None:
        #: What the gate looks out for, with the number of the queue. It is no method, so the answer is UNIMPLEMENTED.
        self.paths = {f"/queue-probe/{secrets.token_hex(16)}": queue for queue in range(len(addresses))}
        self._admission = admission
        self._addresses = addresses
        self._pause_s = pause_s
        self._loop = asyncio.get_running_loop()

    async def run(self) -> None:
        """Probe until cancelled."""
        async with asyncio.TaskGroup() as probing:
            for path, queue in self.paths.items():
                probing.create_task(self._probe(path, queue))

    async def _probe(self, path: str, queue: int) -> None:
        async with grpc.aio.insecure_channel(self._addresses[queue]) as channel:
            probe = channel.unary_unary(path)
            while True:
                self._admission.probe_sent(self._loop.time(), queue)
                try:
                    await probe(b"", timeout=PROBE_MAX_S)
                except grpc.aio.AioRpcError as error:
                    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
                        self._admission.probe_seen(self._loop.time(), queue)
                    elif error.code() is not grpc.StatusCode.UNIMPLEMENTED:
                        # Not even a connection: nothing is known, and nobody is refused for what is not known.
                        self._admission.probe_lost(queue)
                await asyncio.sleep(self._pause_s)
