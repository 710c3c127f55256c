"""What a province's journal and memory say of themselves, told at once: pages of frames, the news of them, its summary, its runtime.

Between two commits memory and disk say the same, so none of this waits for a frame.
"""

import os
from collections.abc import Callable

from actors import protocol
from actors.commit_loop import CommitLoop
from actors.core.clock import Instant
from actors.core.headquarters import AnchoredHead
from actors.core.ids import ProvinceCode
from actors.transport import Peer

#: Bytes of payload in one page of frames.
FRAME_PAGE_BYTES_MAX = 1024 * 1024


class JournalAnswers:
    """The answers of one incarnation.

    Args:
        province: whose.
        name: the actor's name in the directory.
        commits: the journal and the memory.
        clock: now.
        started_ms: when this incarnation began, wall clock.
    """

    def __init__(
        self, province: ProvinceCode, name: str, commits: CommitLoop, clock: Callable[[], Instant], started_ms: int
    ) -> None:
        self._province = province
        self._name = name
        self._commits = commits
        self._clock = clock
        self._started_ms = started_ms
        self._followers: dict[Peer, None] = {}

    def read_frames(self, peer: Peer, request: protocol.ReadFrames) -> protocol.FramePage:
        """A page of the journal, as far as it has been written.

        Raises:
            JournalError: it cannot be read.
        """
        del peer
        news: list[protocol.FrameNews] = []
        size = 0
        last_sequence = self._commits.journal.head.sequence
        # A reader may ask for what has not happened yet; the journal itself would take that for damage.
        after = min(request.after, last_sequence)
        for frame in self._commits.journal.frames(after=after, limit=request.limit):
            news.append(
                protocol.FrameNews(
                    province=self._province,
                    sequence=frame.sequence,
                    epoch=frame.epoch,
                    at_ms=frame.at_ms,
                    payload=frame.payload,
                )
            )
            size += len(frame.payload)
            if size > FRAME_PAGE_BYTES_MAX:
                break
        return protocol.FramePage(frames=tuple(news), last_sequence=last_sequence)

    def follow(self, peer: Peer, request: protocol.Follow) -> protocol.Followed:
        """Tell somebody of every frame from now on, or no longer."""
        if request.on:
            self._followers[peer] = None
        else:
            self._followers.pop(peer, None)
        return protocol.Followed(sequence=self._commits.journal.head.sequence)

    def summary(self, peer: Peer, request: protocol.GetSummary) -> protocol.SummaryReply:
        """How the province stands, and of which frame that is."""
        del peer
        head, province = self._commits.journal.head, self._commits.province
        return protocol.SummaryReply(
            summary=self._commits.summary(self._clock()),
            head=AnchoredHead(self._province, head.sequence, head.epoch, head.hash),
            totals=province.totals(self._clock()) if request.with_totals else None,
        )

    def runtime(self, peer: Peer, request: protocol.GetRuntime) -> protocol.Runtime:
        """Which process this is, and how far its journal has come."""
        del peer, request
        head = self._commits.journal.head
        return protocol.Runtime(
            name=self._name,
            pid=os.getpid(),
            node=os.uname().nodename,
            epoch=self._commits.journal.epoch,
            sequence=head.sequence,
            head_hash=head.hash,
            started_ms=self._started_ms,
        )

    def pong(self, peer: Peer, request: protocol.Ping) -> protocol.Pong:
        """A sign of life."""
        del peer, request
        return protocol.Pong(sequence=self._commits.journal.head.sequence)

    # --- news ---

    def unfollow(self, peer: Peer) -> None:
        """Somebody is gone."""
        self._followers.pop(peer, None)

    def tell_followers(self, sequence: int, epoch: int, at_ms: int, payload: bytes) -> None:
        """A frame is on disk."""
        if self._followers:
            news = protocol.FrameNews(
                province=self._province, sequence=sequence, epoch=epoch, at_ms=at_ms, payload=payload
            )
            body = protocol.encode(news)
            for peer in self._followers:
                peer.push(body)
