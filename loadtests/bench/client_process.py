"""A measuring client in a process of its own: an order goes in on standard input, what became of it comes out on standard output, both JSON.

Ctrl-C at a terminal goes to every process there. Whoever runs a client ends it (`run_client`), so the client itself does not listen: it would
print where it was just then. It is deaf before it imports anything that takes long, hence `python -m loadtests.bench.client_process MODULE`.
"""

import asyncio
import runpy
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import msgspec

_Order = TypeVar("_Order", bound=msgspec.Struct)
_Result = TypeVar("_Result", bound=msgspec.Struct)


class ClientFailed(Exception):
    """A client ended without saying what became of its order; why stands on its standard error, which is ours."""


async def run_client(module: str, order: msgspec.Struct, result: type[_Result], within_s: float) -> _Result:
    """Run a client (a module that ends in `be_client`) with an order, and end it when it takes too long.

    Raises:
        TimeoutError: it did not end in time.
        ClientFailed: it ended without a result.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__, module), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(within_s):
            answer, _ = await process.communicate(msgspec.json.encode(order))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        return msgspec.json.decode(answer, type=result)
    except msgspec.DecodeError:
        raise ClientFailed(f"{module} ended with code {process.returncode} and without a result") from None


def add_counts(counts: dict[str, int], more: Mapping[str, int]) -> None:
    """Add what one client counted, by status or reason, to what all of them did."""
    for name, count in more.items():
        counts[name] = counts.get(name, 0) + count


def be_client(order: type[_Order], carry_out: Callable[[_Order], Awaitable[msgspec.Struct]]) -> None:
    """Entry point of a client process: carry out the order that comes in, and say what became of it."""

    async def carried_out() -> msgspec.Struct:
        return await carry_out(msgspec.json.decode(sys.stdin.buffer.read(), type=order))

    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(carried_out())))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    runpy.run_module(sys.argv[1], run_name="__main__", alter_sys=True)
