"""The province actor's side of rewinding: errands wait in a short queue, and one process at a time answers them.

Outcomes, each a reply and never an exception of the actor:

* answered: `TaskHistory`;
* too many wait already: refused with QUEUE_FULL, to be asked again;
* it takes longer than `REWIND_MAX_S`: the process is killed, refused with TOO_FAR_BACK;
* the process fails, does not even start, or says what this program cannot read (it may be of a newer version): refused with RESTARTING,
  since the journal itself is judged by its writer, not by a reader;
* a bug of ours here: likewise, and the next errand is taken.
"""

import asyncio
import sys
from collections.abc import Callable

import msgspec
import structlog

from actors.core.matching.explained import TaskHistory
from actors.core.refusal import Reason, Refused
from actors.rewind.errand import Errand

_log = structlog.get_logger(__name__)

#: Errands that may wait.
WAITING_MAX = 8
#: A rewind may take so long, seconds; a call at the gateway lasts 30 at most.
REWIND_MAX_S = 25.0

_UNREADABLE = Refused(reason=Reason.RESTARTING, message="The past could not be read; ask again.", retry_after_ms=2_000)

Answer = Callable[[TaskHistory | Refused], None]


class RewindQueue:
    """Answers errands one after the other. Construct and use on a running event loop.

    Args:
        command: what is started for each errand.
    """

    def __init__(self, command: tuple[str, ...] = (sys.executable, "-m", "actors.rewind")) -> None:
        self._command = command
        self._waiting: asyncio.Queue[tuple[Errand, Answer]] = asyncio.Queue(WAITING_MAX)
        self._worker: asyncio.Task[None] | None = None

    def ask(self, errand: Errand, answer: Answer) -> None:
        """Put an errand into the queue; `answer` is called once."""
        if self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._work())
        try:
            self._waiting.put_nowait((errand, answer))
        except asyncio.QueueFull:
            message = "Too many questions about the past wait already."
            answer(Refused(reason=Reason.QUEUE_FULL, message=message, retry_after_ms=2_000))

    async def close(self) -> None:
        """Answer nothing more; a process under way is killed."""
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            errand, answer = await self._waiting.get()
            try:
                reply = await self._answered(errand)
            except Exception as bug:  # noqa: BLE001 - it must not leave the caller without an answer, nor all who ask after it
                _log.error("rewind failed by a bug", task=errand.task_id, exc_info=bug)
                reply = _UNREADABLE
            answer(reply)

    async def _answered(self, errand: Errand) -> TaskHistory | Refused:
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(*self._command, stdin=pipe, stdout=pipe, stderr=pipe)
        except OSError as error:
            _log.error("rewind cannot start", task=errand.task_id, detail=str(error))
            return _UNREADABLE
        try:
            async with asyncio.timeout(REWIND_MAX_S):
                output, problem = await process.communicate(msgspec.msgpack.encode(errand))
        except TimeoutError:
            return Refused(
                reason=Reason.TOO_FAR_BACK,
                message=f"The decision lies too far back: it could not be made again within {REWIND_MAX_S:.0f} s.",
            )
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            _log.error(
                "rewind failed",
                task=errand.task_id,
                code=process.returncode,
                problem=problem[-500:].decode(errors="replace"),
            )
            return _UNREADABLE
        try:
            return msgspec.msgpack.decode(output, type=TaskHistory)
        except msgspec.DecodeError as error:
            _log.error("rewind cannot be read", task=errand.task_id, detail=str(error))
            return _UNREADABLE
