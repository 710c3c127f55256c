"""Whom faults befall, and the switches by which they do: what two faults hold at the same time heals when the last of them lets go.

A signal goes to a process only while it is the very one that was found among the descendants of our own child.
"""

import asyncio
import contextlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from loadtests.chaos.branches import BranchLoad
from loadtests.chaos.calls import Caller, Recorder
from loadtests.chaos.processes import Process
from loadtests.chaos.proxy import Mode, Proxy
from loadtests.chaos.switch import Switch
from loadtests.chaos.system import LiveSystem
from loadtests.desks import Workbench

V = TypeVar("V")

#: A process that is just being restarted is waited for this long.
FIND_MAX_S = 30.0
LOOK_EVERY_S = 0.1
CONNECTION_DELAY_S = 0.25


class NotHit(Exception):
    """The fault found nobody to hit; it does not count."""


@dataclass(slots=True)
class Victims:
    """Everything that a fault may be done to."""

    system: LiveSystem
    branches: dict[str, BranchLoad] = field(default_factory=dict)
    #: Callers with the desks' identity, for repeating what desks did.
    desks: dict[str, Caller] = field(default_factory=dict)
    benches: dict[str, list[Workbench]] = field(default_factory=dict)
    proxies: dict[str, Proxy] = field(default_factory=dict)
    recorders: dict[str, Recorder] = field(default_factory=dict)
    #: Role -> the process that was killed last.
    killed: dict[str, Process] = field(default_factory=dict)
    #: Province -> faults in its file, by name.
    _files: dict[str, dict[str, int | str]] = field(default_factory=dict)
    #: What has been at fault once, and its switch.
    _switches: dict[Hashable, Switch[Any]] = field(default_factory=dict)

    async def strike(self, role: str, blow: Callable[[Process], bool]) -> Process:
        """Do something to the process of a role, as soon as there is one; returns whom it hit.

        Args:
            blow: what is done; False: that process was gone. Its supervisor may be replacing it just now, so the next one is hit instead.

        Raises:
            NotHit: nobody appeared.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + FIND_MAX_S
        while loop.time() < until:
            found = self.system.find(role)
            if found is not None and not found.is_stopped and blow(found):
                return found
            await asyncio.sleep(LOOK_EVERY_S)
        raise NotHit(f"no process of {role} in {FIND_MAX_S:.0f} s")

    async def wait_succeeded(self, role: str) -> None:
        """Wait until somebody else has the role of the one that was killed."""
        while self.system.find(role) in (None, self.killed[role]):  # noqa: ASYNC110 - the kernel has no event for it
            await asyncio.sleep(LOOK_EVERY_S)

    def file_fault(self, province: str, name: str, value: int | str) -> contextlib.AbstractContextManager[None]:
        """Put one fault into a province's file for the length of a block."""

        def put(value: int | str | None) -> None:
            faults = self._files.setdefault(province, {})
            faults.pop(name, None)
            if value is not None:
                faults[name] = value
            self.system.set_faults(province, **faults)

        return self._held((province, name), value, put)

    def cable_fault(self, province: str, mode: Mode) -> contextlib.AbstractContextManager[None]:
        """Do something to a province's cable for the length of a block."""
        proxy = self.proxies[province]
        return self._held(proxy, mode, lambda mode: proxy.set_mode(mode or Mode.PASS, CONNECTION_DELAY_S))

    def silence(self, bench: Workbench) -> contextlib.AbstractContextManager[None]:
        """Let a workbench say and hear nothing for the length of a block."""
        return self._held(bench, True, lambda is_silent: bench.freeze() if is_silent else bench.thaw())

    def size_limit(self, victim: Process) -> contextlib.AbstractContextManager[None]:
        """Let the kernel refuse a process's writes for the length of a block."""
        return self._held(victim, True, lambda is_full: victim.limit_file_size(is_full=bool(is_full)))

    def _held(
        self, what: Hashable, value: V, put: Callable[[V | None], object]
    ) -> contextlib.AbstractContextManager[None]:
        """Put a fault at the switch of something; `put` is that of the first."""
        return self._switches.setdefault(what, Switch(put)).held(value)
