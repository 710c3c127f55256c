"""The province actor: a thin shell around the commit loop.

It opens the journal (taking the next epoch), replays it, listens on a socket of its own and registers in the directory. From then on the
event loop does three things: it puts what arrives into the mailbox, commits once per loop turn in which something arrived, and ticks.
Requests that only read the journal are answered at once: between two commits memory and disk say the same.

Ray gives it life (`actors.cluster` decorates the class); the load comes through the socket. Nothing here imports Ray.
"""

import asyncio
import gc
import math
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import structlog

from actors import logs, protocol
from actors.anchors import open_anchored
from actors.bundle import submit_bundle
from actors.chain_check import ChainCheck
from actors.commit_loop import CommitLoop
from actors.core import codec
from actors.core import commands as c
from actors.core.clock import Instant
from actors.core.messages import Outgoing, settlement
from actors.core.refusal import Reason, Refused
from actors.core.replies import AnyReply, DeskUpdate, TaskPage
from actors.finished import finished_page
from actors.journal import Corrupt, Fenced, Journal, JournalError
from actors.journal_answers import JournalAnswers
from actors.opening import open_patiently
from actors.peers import Peers
from actors.province_options import ProvinceOptions, introduction
from actors.rewind.errand import Errand
from actors.rewind.queue import RewindQueue
from actors.standing_aside import UNUSABLE, StandingAside, stand_aside_after
from actors.suffering import end_now, stand_still
from actors.transport import (
    DIRECTORY_SOCKET,
    Call,
    DirectoryClient,
    Endpoint,
    Entry,
    Peer,
    TransportError,
    socket_address,
)

_log = structlog.get_logger(__name__)

#: Pause between two ticks; leases and outages are judged this often.
TICK_MS = 200
#: Timers may go off a little before their time.
_CLOCK_STEP_S = 0.002
#: An actor whose supervisor has been gone for this long ends itself.
ORPHAN_AFTER_S = 20.0
#: After a commit we rest for as long as it took, at most for this, seconds: on a machine that is full more steps share a frame, and one with
#: nothing else to do notices nothing.
REST_MAX_S = 0.006

#: Answers a request at once.
_Serve = Callable[..., protocol.Response]
#: Begins to answer a request, by a function to be called once.
_Begin = Callable[[Any, Callable[[Any], None]], None]


def now() -> Instant:
    """The real clocks."""
    return Instant(wall_ms=time.time_ns() // 1_000_000, monotonic_ms=time.monotonic_ns() // 1_000_000)


@contextmanager
def _lasting() -> Iterator[None]:
    """What is made meanwhile stays, as the modules do: Python looks for no cycles in it, neither now nor ever.

    Looking took half of the time of a replay, and every full collection later would hold up everybody for as long as it walks
    through all tasks. Tasks are freed by their counts.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


class ProvinceActor:
    """One province, live. Construct on a running event loop."""

    def __init__(self, options: ProvinceOptions) -> None:
        if options.logs_dir:
            logs.configure(Path(options.logs_dir) / f"province-{options.province}.log")
        # Whom to look at, should nothing follow.
        _log.info("opening", province=options.province, pid=os.getpid())
        self._options = options
        self._now = now
        self._started_ms = now().wall_ms
        self._gateways: dict[str, Peer] = {}
        self._is_commit_due = False
        self._is_closed = False
        self._is_introduced = False
        self._name = protocol.province_name(options.province)
        self._aside: StandingAside | None = None
        self._running: asyncio.Task[None] | None = None
        #: While it gives up serving, to stand aside.
        self._leaving: asyncio.Task[None] | None = None
        journal: Journal | None = None
        try:
            journal = open_patiently(
                options.journal_path,
                store_id=options.store_id,
                province=options.province,
                open_journal=partial(open_anchored, hq_path=options.hq_journal_path, create=options.may_begin),
            )
            if options.fault_dir:
                journal = self._with_faults(journal)
            with _lasting():
                self._commits = CommitLoop(options.province, journal, clock=self._now, outputs=self)
        except UNUSABLE as error:
            if journal is not None:
                journal.close()
            self._aside = self._stood_aside(error)
            return
        self._answers = JournalAnswers(options.province, self._name, self._commits, self._now, self._started_ms)
        self._served, self._begun = self._answered_at_once(), self._answered_later()
        self._chain_check = ChainCheck(journal, codec.decode_events)
        self._rewinds = RewindQueue()
        self._peers = Peers(self._name)
        self._endpoint = Endpoint(self)
        self._address = socket_address(options.run_dir, self._name, journal.epoch)
        self._directory = self._directory_client(journal.epoch)
        self._loop = asyncio.get_running_loop()
        #: The next tick: what wakes us for it, and from when on a commit takes it along (seconds of the loop's clock).
        self._timer: asyncio.TimerHandle | None = None
        self._tick_due_s = math.inf
        self._round_timer: asyncio.TimerHandle | None = None
        #: No commit before this, seconds of the loop's clock.
        self._rested_s = 0.0
        self._running = self._loop.create_task(self._run())

    def _with_faults(self, journal: Journal) -> Journal:
        """Let the fault directory play with our clock and our disk. For tests of the running system only."""
        from actors.testing.live_faults import FaultFile, faulty_journal, skewed

        path = Path(self._options.fault_dir) / f"{self._options.province}.json"
        faults = FaultFile(path, lambda: now().monotonic_ms)
        self._now = skewed(now, faults)
        return faulty_journal(journal, faults)

    def _stood_aside(self, error: Exception) -> StandingAside:
        """Say why this province does not serve; its journal is closed."""
        path = Path(self._options.journal_path)
        return StandingAside(self._options.run_dir, self._name, path, error, end=self._end)

    def _directory_client(self, epoch: int) -> DirectoryClient:
        """What will register this incarnation."""
        return DirectoryClient(
            Path(self._options.run_dir) / DIRECTORY_SOCKET,
            self._name,
            register=Entry(name=self._name, address=self._address, epoch=epoch, pid=os.getpid()),
            on_change=self._peers.directory_changed,
            on_superseded=lambda: self.on_fatal(Fenced(self._options.province, epoch, epoch + 1)),
        )

    async def ready(self) -> int:
        """Wait until the actor listens, or says that it does not serve; its process id."""
        if self._running is not None:
            await asyncio.shield(self._running)
        if self._leaving is not None:
            await asyncio.shield(self._leaving)
        if self._aside is not None:
            await self._aside.ready()
        return os.getpid()

    async def close(self) -> None:
        """End this incarnation in an orderly way: nothing more is said, the journal is closed."""
        self._is_closed = True
        if self._leaving is not None:
            await asyncio.shield(self._leaving)
        if self._aside is not None:
            await self._aside.close()
            return
        await self._close_all()

    async def _close_all(self) -> None:
        for timer in (self._timer, self._round_timer):
            if timer is not None:
                timer.cancel()
        self._chain_check.close()
        await self._rewinds.close()
        await self._directory.close()
        await self._endpoint.close()
        await self._peers.close()
        self._commits.journal.close()

    async def _run(self) -> None:
        options, journal = self._options, self._commits.journal
        self._introduce()
        try:
            self._commits.commit()
        except Corrupt as error:
            self.on_fatal(error)
            return
        await self._endpoint.listen(self._address)
        self._directory.start()
        self._tick_due_s = 0.0
        self._commit_soon()
        _log.info("serving", province=options.province, epoch=journal.epoch, sequence=journal.head.sequence)

    def _introduce(self) -> None:
        """Give a new journal all it starts from; an old one only the time limits, since the rest may have been changed since.

        Refused on a full disk, it is repeated when the store takes writes again: a province without kinds could do nothing.
        """
        self._is_introduced = True
        for command in introduction(self._options, is_new=self._commits.province.state.kinds_revision == 0):
            self._commits.submit(command, self._introduced)

    def _introduced(self, reply: AnyReply) -> None:
        if isinstance(reply, Refused) and reply.reason is Reason.STORE_FULL:
            self._is_introduced = False

    # --- the loop ---

    def _tick(self) -> None:
        """Let time pass in the next commit, and see to it that there is another tick.

        A commit that happens anyway takes a tick that is due along: to wake a process for one costs more than the tick.
        """
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(TICK_MS / 1000, self._commit_soon)
        self._tick_due_s = self._loop.time() + TICK_MS / 1000 - _CLOCK_STEP_S
        orphaned_since = self._directory.disconnected_since
        if orphaned_since is not None and time.monotonic() - orphaned_since > ORPHAN_AFTER_S:
            self.on_fatal(RuntimeError("the supervisor is gone"))
        if not self._is_introduced and not self._commits.is_read_only:
            self._introduce()
        self._commits.submit(c.Tick(who="system:clock"), _ignore)

    def _commit_soon(self) -> None:
        """Commit once all sockets that are readable now have been read, and we have rested from the last one."""
        if not self._is_commit_due:
            self._is_commit_due = True
            rest_s = self._rested_s - self._loop.time()
            if rest_s > 0:
                self._loop.call_later(rest_s, self._commit)
            else:
                self._loop.call_soon(self._commit)

    def _commit(self) -> None:
        self._is_commit_due = False
        if self._is_closed:
            return
        began_s = self._loop.time()
        if began_s >= self._tick_due_s:
            self._tick()
        try:
            self._endpoint.gather(self._commits.commit)
        except Exception as error:  # noqa: BLE001 - whatever it is, this incarnation ends
            # A bug of ours: memory may be ahead of the disk, so this incarnation must not say another word.
            try:
                _log.exception("commit failed", province=self._options.province)
            finally:
                self.on_fatal(error)
        ended_s = self._loop.time()
        self._rested_s = ended_s + min(ended_s - began_s, REST_MAX_S)
        due_ms = self._commits.round_due_ms
        if due_ms is not None and self._round_timer is None:
            self._round_timer = self._loop.call_later((due_ms - self._now().monotonic_ms) / 1000, self._hold_round)
        # While a backup holds us, the backlog waits for the hold's end.
        if self._commits.backlog and not self._commits.is_held():
            self._commit_soon()

    def _hold_round(self) -> None:
        """A round that was put off is due."""
        self._round_timer = None
        self._commit_soon()

    # --- what arrives (Handler of the endpoint) ---

    def connected(self, peer: Peer) -> None:
        """A process connected; a gateway may now be told desk news."""
        if peer.name.startswith("gateway/"):
            self._gateways[peer.name] = peer

    def disconnected(self, peer: Peer) -> None:
        """A process went; silence of the desks behind a lost gateway proves nothing for a while."""
        self._answers.unfollow(peer)
        if self._gateways.get(peer.name) is peer:
            del self._gateways[peer.name]
            prefix = f"{peer.name.removeprefix('gateway/')}/"
            self._commits.submit(c.LosePath(who="system:transport", session_prefix=prefix), _ignore)
            self._commit_soon()

    def received(self, peer: Peer, calls: list[Call]) -> None:
        """Decode a read's worth of requests; commands go to the mailbox, the rest is answered at once."""
        for call in calls:
            if self._is_closed:
                return
            try:
                request = protocol.decode_request(call.body)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                peer.fail(call.id, "malformed")
                continue
            kind = type(request)
            serve, begin = self._served.get(kind), self._begun.get(kind)
            if serve is not None:
                self._serve(serve, peer, call.id, request)
            elif begin is not None:
                begin(request, _reporting(peer, call.id))
            else:
                self._commits.submit(request, _reporting(peer, call.id))
        self._commit_soon()

    def _submit(self, command: c.AnyCommand, answer: Callable[[AnyReply], None]) -> None:
        if isinstance(command, c.ListTasks):
            answer = self._with_finished(command, answer)
        self._commits.submit(command, answer)

    def _answered_later(self) -> dict[type, _Begin]:
        """Requests that are more than a command for the mailbox, and who sees to them."""
        return {
            protocol.VerifyChain: lambda _, report: self._chain_check.report_to(report),
            protocol.ReadHistory: lambda request, report: self._rewinds.ask(self._errand(request), report),
            protocol.Bundle: lambda bundle, report: submit_bundle(bundle, self._submit, report),
            c.ListTasks: self._submit,
        }

    def _answered_at_once(self) -> dict[type, _Serve]:
        """Requests that wait for no commit, and who answers them."""
        answers = self._answers
        return {
            protocol.ReadFrames: answers.read_frames,
            protocol.Follow: answers.follow,
            protocol.GetSummary: answers.summary,
            protocol.GetRuntime: answers.runtime,
            protocol.Ping: answers.pong,
            protocol.Suffer: self._suffer,
            protocol.HoldCommits: self._hold_commits,
            protocol.ReleaseCommits: self._release_commits,
        }

    def _serve(self, serve: _Serve, peer: Peer, call_id: int, request: protocol.Request) -> None:
        """Answer a request that only reads the journal; a journal that cannot be read is the end of this incarnation, and no answer."""
        try:
            peer.reply(call_id, protocol.encode(serve(peer, request)))
        except JournalError as error:
            self.on_fatal(error)

    def _errand(self, request: protocol.ReadHistory) -> Errand:
        return Errand(
            path=self._options.journal_path,
            task_id=request.task_id,
            token=request.token,
            operator=request.operator,
            candidates_max=request.candidates_max,
        )

    def _with_finished(self, command: c.ListTasks, answer: Callable[[AnyReply], None]) -> Callable[[AnyReply], None]:
        """Answer a list with the open tasks, then with the finished ones."""

        def complete(reply: AnyReply) -> None:
            if isinstance(reply, TaskPage):
                reply = finished_page(self._commits.journal, self._commits.province.state, command, reply)
            answer(reply)

        return complete

    # --- what is asked of the process itself ---

    def _suffer(self, peer: Peer, request: protocol.Suffer) -> protocol.Suffered:
        """End, or stand still, as a drill asks for."""
        del peer
        if not request.for_ms:
            end_now(request.why)
        try:
            stand_still(request.for_ms, request.why)
        except OSError as error:
            return protocol.Suffered(problem=str(error))
        return protocol.Suffered()

    def _hold_commits(self, peer: Peer, request: protocol.HoldCommits) -> protocol.CommitsHeld:
        del peer
        hold, now_ms = self._commits.hold, now().monotonic_ms
        refused = hold.begin(request.holder, request.for_ms, now_ms)
        if refused:
            return protocol.CommitsHeld(refused=refused)
        # If nobody releases us; one millisecond more, since instants are rounded down.
        self._loop.call_later((hold.remaining_ms(now_ms) + 1) / 1000, self._commit_soon)
        journal = self._commits.journal
        return protocol.CommitsHeld(epoch=journal.epoch, sequence=journal.head.sequence)

    def _release_commits(self, peer: Peer, request: protocol.ReleaseCommits) -> protocol.CommitsReleased:
        del peer
        held_ms = self._commits.hold.end(request.holder, now().monotonic_ms)
        self._commit_soon()
        return protocol.CommitsReleased(was_unbroken=held_ms is not None, held_ms=held_ms or 0)

    # --- what leaves, after the fsync (Outputs of the commit loop) ---

    def frame_written(self, sequence: int, epoch: int, at_ms: int, payload: bytes) -> None:
        """Tell the followers."""
        self._answers.tell_followers(sequence, epoch, at_ms, payload)

    def tell_desks(self, updates: tuple[DeskUpdate, ...]) -> None:
        """Tell each gateway what concerns the desks behind it."""
        by_gateway: dict[str, list[DeskUpdate]] = {}
        for update in updates:
            gateway = f"gateway/{update.session.partition('/')[0]}"
            by_gateway.setdefault(gateway, []).append(update)
        for gateway, news in by_gateway.items():
            peer = self._gateways.get(gateway)
            if peer is not None:
                peer.push(protocol.encode(protocol.DeskNews(updates=tuple(news))))

    def send(self, messages: list[Outgoing]) -> None:
        """Send to other provinces; an answer comes back into the mailbox, silence is repeated by the outbox."""
        for message in messages:
            link = self._peers.link(protocol.province_name(message.destination))
            try:
                answer = link.call_soon(protocol.encode(message.command))
            except TransportError:
                continue
            answer.add_done_callback(lambda done, sent=message: self._peer_answered(sent, done))

    def _peer_answered(self, sent: Outgoing, done: "asyncio.Future[bytes]") -> None:
        if done.cancelled() or done.exception() is not None:
            return
        try:
            reply = codec.decode_reply(done.result())
        except msgspec.DecodeError as error:
            _log.warning("unreadable answer", province=sent.destination, error=str(error))
            return
        command = settlement(sent, reply)
        if command is not None:
            self._commits.submit(command, _ignore)
            self._commit_soon()

    def on_fatal(self, error: Exception) -> None:
        """End this incarnation at once: nothing more may leave it. Ray starts the next one.

        Where the journal turned out to be damaged the next one might not look, serve until somebody asks for the same page again, and end
        likewise, for ever. So this one stands aside.
        """
        if not isinstance(error, Corrupt):
            self._end(error)
        elif not self._is_closed:
            self._is_closed = True
            self._leaving = self._loop.create_task(self._leave(error))

    async def _leave(self, error: Corrupt) -> None:
        self._aside = await stand_aside_after(self._close_all, partial(self._stood_aside, error), self._end)

    def _end(self, error: Exception) -> None:
        """End this process."""
        try:
            _log.error("exiting", province=self._options.province, error=repr(error))
        finally:
            os.kill(os.getpid(), signal.SIGKILL)


def _ignore(reply: AnyReply) -> None:
    """For commands whose sender waits for nothing."""
    del reply


def _reporting(peer: Peer, call_id: int) -> Callable[[protocol.Response], None]:
    return lambda report: peer.reply(call_id, protocol.encode(report))
