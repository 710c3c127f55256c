"""The yardstick `echo` as a child process."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from typing import NamedTuple

#: Time for it to start, seconds.
START_MAX_S = 20.0


class Echo(NamedTuple):
    """A running echo."""

    address: str
    pid: int


@contextlib.asynccontextmanager
async def echo_process() -> AsyncIterator[Echo]:
    """An echo for the length of a block.

    Raises:
        TimeoutError: it did not start.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "loadtests.bench.echo"), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_MAX_S):
            address = (await process.stdout.readline()).decode().strip()
        yield Echo(address, process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
