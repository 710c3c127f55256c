"""Which desks are alive: soft state that heartbeats feed and a restart forgets.

Theory of operation
-------------------
A desk is heard through a session: a work stream (which may carry many operators) or a unary sign-in. Gateways pass on, three times
a second, which sessions they heard. All instants are of this process's monotonic clock, so a jump of the wall clock expires nothing.

Silence is evidence only if we would have heard: a session whose gateway connection broke has an unknown path until it is heard again
or `path_grace_ms` has passed; and when our own clockwork stood still, the gap is taken off everybody's silence. For the same reason a site is judged
by silence until its gateway's last report: what was heard since then is not told yet.

After a restart nobody has been heard: each session then counts as last heard at the restart (a lease gets a full new term) but is not
fresh (no new work) until it really is heard. Until then its silence says nothing about its site either: it may be a ghost of yesterday,
or its gateway may still be starting.
"""

from collections.abc import Container, Iterable

from actors.core.country import TimeLimits
from actors.core.ids import SessionId

#: Silence of a session that was never heard since the restart counts from then, but it is not fresh.
_NEVER = -(10**15)


class Presence:
    """When each session was last heard. Instants are monotonic milliseconds."""

    __slots__ = ("_heard", "_opened_ms", "_path_lost", "_reported")

    def __init__(self, opened_ms: int) -> None:
        self._opened_ms = opened_ms
        self._heard: dict[SessionId, int] = {}
        self._path_lost: dict[SessionId, int] = {}
        #: Gateway -> when it reported last, with or without anybody heard.
        self._reported: dict[str, int] = {}

    def report(self, gateway: str, sessions: Iterable[SessionId], now_ms: int, limits: TimeLimits) -> None:
        """A gateway tells whom it heard. A gap in its reports is its own standstill and taken off the silence of its desks."""
        gap_ms = now_ms - self._reported.get(gateway, now_ms)
        if gap_ms > limits.gateway_silence_ms:
            for session in self._heard:
                if session.startswith(f"{gateway}/"):
                    self._heard[session] = min(now_ms, self._heard[session] + gap_ms)
        self._reported[gateway] = now_ms
        self.hear(sessions, now_ms)

    def hear(self, sessions: Iterable[SessionId], now_ms: int) -> None:
        """Note that these sessions are alive."""
        for session in sessions:
            self._heard[session] = now_ms
        if self._path_lost:
            for session in sessions:
                self._path_lost.pop(session, None)

    @property
    def session_count(self) -> int:
        """Sessions of which it is remembered when they were heard."""
        return len(self._heard)

    def forget_all_but(self, sessions: Container[SessionId | None]) -> None:
        """Drop the sessions that nobody is signed in by: a stream is heard until it ends, also when all its people have signed out."""
        self._heard = {session: at_ms for session, at_ms in self._heard.items() if session in sessions}
        self._path_lost = {session: at_ms for session, at_ms in self._path_lost.items() if session in sessions}

    def lose_path(self, session_prefix: str, sessions: Iterable[SessionId], now_ms: int) -> None:
        """Note that the gateway of all sessions with this prefix is no longer connected."""
        self._reported.pop(session_prefix.rstrip("/"), None)
        for session in sessions:
            if session.startswith(session_prefix):
                self._path_lost[session] = now_ms

    def forgive(self, gap_ms: int) -> None:
        """Take our own standstill off everybody's silence."""
        for session in self._heard:
            self._heard[session] += gap_ms
        for session in self._path_lost:
            self._path_lost[session] += gap_ms
        for gateway in self._reported:
            self._reported[gateway] += gap_ms
        self._opened_ms += gap_ms

    def begin_new_terms(self, now_ms: int) -> None:
        """Count silence from now at the earliest, as after a restart: what a lost frame had forgotten is not silent for ever."""
        self._opened_ms = now_ms

    def silent_ms(self, session: SessionId, now_ms: int) -> int:
        """How long the session has not been heard; since the restart at the longest."""
        return now_ms - max(self._heard.get(session, _NEVER), self._opened_ms)

    def told_silent_ms(self, session: SessionId, now_ms: int, limits: TimeLimits) -> int:
        """For how long the session has not been heard as far as its gateway has told: until its last report, not until now.

        A gateway reports three times a second. What it has heard since the last time it has not told yet, so a site whose network hung for two seconds
        seemed silent for three, now and then. Where reports themselves stay away, silence counts until now.
        """
        reported_ms = self._reported.get(session.partition("/")[0], now_ms)
        until_ms = reported_ms if now_ms - reported_ms <= limits.gateway_silence_ms else now_ms
        return max(0, self.silent_ms(session, until_ms))

    def is_fresh(self, session: SessionId | None, now_ms: int, limits: TimeLimits) -> bool:
        """Whether the desk was really heard lately, so that its site is there."""
        return self.was_heard(session, now_ms, limits.heartbeat_fresh_ms)

    def was_heard(self, session: SessionId | None, now_ms: int, within_ms: int) -> bool:
        """Whether the desk was really heard within a time until now."""
        return session is not None and now_ms - self._heard.get(session, _NEVER) <= within_ms

    def path_lost(self, session: SessionId, now_ms: int, limits: TimeLimits) -> bool:
        """Whether the session's gateway went or stands still, and the desk has still time to come back."""
        lost_ms = self._path_lost.get(session)
        if lost_ms is not None and now_ms - lost_ms <= limits.path_grace_ms:
            return True
        reported_ms = self._reported.get(session.partition("/")[0])
        return reported_ms is not None and limits.gateway_silence_ms < now_ms - reported_ms <= limits.path_grace_ms

    def path_known(self, session: SessionId, now_ms: int, limits: TimeLimits) -> bool:
        """Whether silence of this session says anything about its site."""
        return session in self._heard and not self.path_lost(session, now_ms, limits)
