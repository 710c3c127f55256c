"""The desks behind this gateway: which sessions there are, which were heard, and where their news goes.

A session is one work stream, or one operator signed in at one desk by unary calls. Whatever arrives on a stream is a sign of life of the whole stream.
Three times a second the gateway tells each province whose people work here, in one message, which sessions it heard since the last time, be it
none; heartbeats go no further.
When a stream ends without signing out, nothing is told: the province notices the silence by itself.

When a province's actor has restarted, everyone who was heard lately is told to it at once, and the streams' operators are signed in again
(the same session: nothing is written), because news that was sent while the link was down is lost: the answer tells each desk what it holds.

An operator sits at one desk. The province tells the session that another one takes over from; that news may be lost with the link, so a
stream asks who has the session before it signs an operator in again, and a desk without a stream when it next sends a heartbeat. Why a session
of the latter is over is asked of the province too, by the desk: the same desk may have come back through another gateway.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol

import structlog

from actors import protocol
from actors.core import commands as c
from actors.core.ids import OperatorId, ProvinceCode, SessionId
from actors.core.replies import DeskUpdate
from gateway import names
from gateway.silence import Silence

_log = structlog.get_logger(__name__)

#: Pause between two reports of who was heard; it adds to the time in which an outage is seen.
REPORT_EVERY_S = 0.3
#: A province that comes back is told at once of everybody heard within this; desks beat once a second.
HEARD_LATELY_S = 2.0


class Stream(Protocol):
    """A work stream, as far as its registry needs it."""

    session: SessionId

    def push(self, update: DeskUpdate) -> None:
        """Send news down the stream."""
        ...

    def resume(self, province: ProvinceCode) -> None:
        """Ask a restarted province what the stream's operators hold."""
        ...


class Desks:
    """Registry of sessions.

    Args:
        gateway_id: first part of every session.
        tell: sends a province a request without waiting.
        report_every_s: pause between two reports of who was heard.
    """

    def __init__(
        self,
        gateway_id: str,
        tell: Callable[[ProvinceCode, protocol.Request], None],
        *,
        report_every_s: float = REPORT_EVERY_S,
    ) -> None:
        self._gateway_id = gateway_id
        self._tell = tell
        self._report_every_s = report_every_s
        self._count = 0
        self._streams: dict[SessionId, Stream] = {}
        #: Sessions per province in which an operator of the session is signed in.
        self._provinces: dict[SessionId, dict[ProvinceCode, None]] = {}
        #: The session in which each operator without a stream signed in last, for calls that name no desk. One an operator.
        self._last: dict[OperatorId, SessionId] = {}
        #: Of the operators without a stream, those of whom news may be lost: their province's link was down.
        self._unsure: dict[SessionId, None] = {}
        #: Provinces in which anybody ever signed in through us. Only they wait for our word.
        self._served: dict[ProvinceCode, None] = {}
        self._heard: dict[SessionId, None] = {}
        #: Provinces whose desks are neither heard nor told anything, for a drill.
        self.silence = Silence(self.province_is_back)
        #: Those of the last reports, oldest first.
        self._heard_before: deque[dict[SessionId, None]] = deque(maxlen=math.ceil(HEARD_LATELY_S / report_every_s))

    def new_session(self) -> SessionId:
        """An id for a stream."""
        self._count += 1
        return SessionId(f"{self._gateway_id}/{self._count}")

    def unary_session(self, operator: OperatorId, desk: str) -> SessionId:
        """The session of an operator who signs in by unary calls, at this desk or, when none is named, where they did so last."""
        named = SessionId(f"{self._gateway_id}/u/{operator}/{desk}")
        return named if desk else self._last.get(operator, named)

    def opened(self, stream: Stream) -> None:
        """A stream is there."""
        self._streams[stream.session] = stream

    def closed(self, stream: Stream) -> None:
        """A stream is gone; its operators stay signed in until their province calls them silent."""
        self._streams.pop(stream.session, None)
        self._provinces.pop(stream.session, None)
        self._heard.pop(stream.session, None)

    def sessions(self) -> tuple[SessionId, ...]:
        """The open streams."""
        return tuple(self._streams)

    def signed_in(self, session: SessionId, operator: OperatorId) -> None:
        """An operator has signed in by this session."""
        province = names.operator_province(operator)
        if session not in self._streams:
            self._last[operator] = session
        self._provinces.setdefault(session, {})[province] = None
        self._unsure.pop(session, None)
        self._served[province] = None
        self._heard[session] = None

    def signed_out(self, by: SessionId) -> None:
        """An operator was signed out by a call of this session. If that was not the desk itself, its province tells it."""
        if by not in self._streams:
            self._ended(by)

    def hear(self, session: SessionId) -> None:
        """Something arrived from the session."""
        self._heard[session] = None

    def is_known(self, session: SessionId) -> bool:
        """Whether somebody signed in by this session since the gateway began."""
        return session in self._provinces

    def is_unsure(self, session: SessionId) -> bool:
        """Whether its province must be asked if it lasts; `sure` says what that has answered."""
        return session in self._unsure

    def sure(self, session: SessionId, *, lasts: bool) -> None:
        """Whether an operator without a stream is signed in by this session, by their province's own word."""
        if lasts:
            self._unsure.pop(session, None)
        else:
            self._ended(session)

    def _ended(self, session: SessionId) -> None:
        self._provinces.pop(session, None)
        self._unsure.pop(session, None)

    def deliver(self, updates: Iterable[DeskUpdate]) -> None:
        """Route news to the streams. Unary desks ask by themselves: all they need is to hear that a session is over."""
        for update in updates:
            stream = self._streams.get(update.session)
            if stream is None:
                if update.task is None:
                    self._ended(update.session)
            elif not self.silence.holds(names.operator_province(update.operator)):
                # What is not pushed is lost, as on a dead line: when it lives again, the desks are told what they hold.
                stream.push(update)

    def province_is_back(self, province: ProvinceCode) -> None:
        """A link is up (again): tell who was heard lately, and ask on behalf of the streams what they hold."""
        if self.silence.holds(province):
            return
        lately: dict[SessionId, None] = {}
        for heard in (*self._heard_before, self._heard):
            lately |= heard
        self._report(province, lately)
        for session, provinces in self._provinces.items():
            if session not in self._streams and province in provinces:
                self._unsure[session] = None
        for session, stream in list(self._streams.items()):
            if province in self._provinces.get(session, ()):
                stream.resume(province)

    async def report_for_ever(self) -> None:
        """Tell the provinces who was heard."""
        while True:
            await asyncio.sleep(self._report_every_s)
            heard, self._heard = self._heard, {}
            self._heard_before.append(heard)
            for province in self._served:
                self._report(province, heard)

    def _report(self, province: ProvinceCode, heard: dict[SessionId, None]) -> None:
        """Tell whom we heard, or that we heard nobody: a gateway that says nothing at all stands still."""
        if self.silence.holds(province):
            heard = {}
        sessions = tuple(session for session in heard if province in self._provinces.get(session, ()))
        hear = c.HearDesks(who=f"gateway:{self._gateway_id}", sessions=sessions, gateway=self._gateway_id)
        self._tell(province, hear)
