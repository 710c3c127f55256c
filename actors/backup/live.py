"""The conversation of a backup with the provinces of a running system, over their own sockets.

The backup is a process of its own, started by hand or by a timer; it finds the system through `actors.running`, the provinces through the
directory, and registers nowhere. It needs neither Ray nor the gateway, so it works while they are being restarted.
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from actors import protocol
from actors.backup.errors import BackupFailed
from actors.peers import Peers
from actors.transport import DIRECTORY_SOCKET, DirectoryClient, LinkDown, TransportError

_NAME = "backup"
#: Longer than any hold: a late answer may still count, when nobody had anything to commit.
_ANSWER_TIMEOUT_S = 2.0

_Answer = TypeVar("_Answer", protocol.CommitsHeld, protocol.CommitsReleased)


class LiveProvinces:
    """See `cut.Provinces`. Use: `connect`, then the rest, then `close`."""

    def __init__(self, run_dir: Path, names: Sequence[str]) -> None:
        self._names = names
        self._peers = Peers(_NAME)
        self._directory = DirectoryClient(
            run_dir / DIRECTORY_SOCKET, _NAME, register=None, on_change=self._peers.directory_changed
        )

    async def connect(self, wait_s: float) -> None:
        """Wait until every province is there.

        Raises:
            BackupFailed: some are not within `wait_s`.
        """
        deadline = asyncio.get_running_loop().time() + wait_s
        self._directory.start()
        try:
            await self._directory.ready(wait_s)
        except LinkDown:
            raise BackupFailed(f"the system's directory does not answer within {wait_s:.0f} s") from None
        missing = [name for name in self._names if not await self._is_there(name, deadline)]
        if missing:
            raise BackupFailed(f"not there within {wait_s:.0f} s: {', '.join(map(self._explained, missing))}")

    def _explained(self, name: str) -> str:
        """A province that is not there; and why, when it stands aside and says so."""
        refusal = self._directory.table.get(protocol.refusal_name(protocol.province_name(name)))
        return name if refusal is None else f"{name} ({refusal.detail.get(protocol.REFUSAL_REASON, '')})"

    async def _is_there(self, name: str, deadline: float) -> bool:
        left_s = max(0.0, deadline - asyncio.get_running_loop().time())
        try:
            await self._peers.link(protocol.province_name(name)).wait_connected(left_s)
        except LinkDown:
            return False
        return True

    async def hold(self, holder: str, for_ms: int) -> Mapping[str, protocol.CommitsHeld]:
        """See `cut.Provinces`."""
        request = protocol.HoldCommits(holder=holder, for_ms=for_ms)
        return await self._ask_all(request, protocol.CommitsHeld)

    async def release(self, holder: str) -> Mapping[str, protocol.CommitsReleased]:
        """See `cut.Provinces`."""
        request = protocol.ReleaseCommits(holder=holder)
        return await self._ask_all(request, protocol.CommitsReleased)

    async def _ask_all(self, request: protocol.Request, expected: type[_Answer]) -> dict[str, _Answer]:
        body = protocol.encode(request)
        answers = await asyncio.gather(*(self._ask(name, body) for name in self._names))
        return {name: reply for name, reply in zip(self._names, answers, strict=True) if isinstance(reply, expected)}

    async def _ask(self, name: str, body: bytes) -> protocol.Response | None:
        try:
            link = self._peers.link(protocol.province_name(name))
            return protocol.decode_response(await link.call(body, timeout_s=_ANSWER_TIMEOUT_S))
        except (TransportError, msgspec.DecodeError):
            return None

    async def close(self) -> None:
        """Disconnect."""
        await self._directory.close()
        await self._peers.close()
