"""The side of a Locust process that has users: asks for places, passes orders on to the clients and their measurements to Locust.

Messages to the master: ``place_wanted``, ``place_left``, ``drained``, ``accounted``. From it: ``place_given``, ``silence``, ``drain``,
``account``. Without a master both sides are in one process, and Locust hands the messages over by itself.
"""

import itertools
import logging
from typing import Any

import gevent
import msgspec
from gevent.event import AsyncResult
from gevent.lock import BoundedSemaphore
from locust.env import Environment

from loadtests.locusts.ledger import Acknowledged
from loadtests.locusts.link import ClientProcess
from loadtests.locusts.orders import (
    Account,
    Accounted,
    Close,
    Connection,
    Drain,
    Drained,
    Measured,
    Open,
    Report,
    Silence,
    Trouble,
)
from loadtests.locusts.places import Place, Terms

#: Before a place is asked for again.
ASK_AGAIN_S = 1.0

_log = logging.getLogger(__name__)


class CallFailed(Exception):
    """A call failed; `str` is its status and reason."""


class Front:
    """One for each Locust process with users."""

    def __init__(self, environment: Environment, connection: Connection) -> None:
        self._environment = environment
        self._connection = connection
        self._clients: ClientProcess | None = None
        self._starting = BoundedSemaphore()
        self._tickets = itertools.count(1)
        self._asked: dict[int, AsyncResult[dict[str, Any]]] = {}
        assert environment.runner is not None
        self._runner = environment.runner
        for name in ("place_given", "silence", "drain", "account"):
            self._runner.register_message(name, getattr(self, f"_{name}"))

    # --- for the users ---

    def sit_down(self, kind: str) -> int:
        """Take a place and open its client; its number. Waits as long as all are taken."""
        while True:
            ticket = next(self._tickets)
            answer = self._asked[ticket] = AsyncResult()
            self._runner.send_message("place_wanted", {"ticket": ticket, "kind": kind})
            given = answer.get()
            assert given is not None
            if given["place"]:
                place = msgspec.json.decode(given["place"], type=Place)
                terms = msgspec.json.decode(given["terms"], type=Terms)
                self._started().send(Open(place, terms, self._connection))
                return place.number
            gevent.sleep(ASK_AGAIN_S)

    def leave(self, number: int) -> None:
        """Close a client; its place is free."""
        if self._clients is not None:
            self._clients.send(Close(number))
        self._runner.send_message("place_left", {"number": number})

    def close(self) -> None:
        """End the clients."""
        if self._clients is not None:
            self._clients.close()
            self._clients = None

    # --- from the master ---

    def _place_given(self, msg: Any, **_more: Any) -> None:
        if (answer := self._asked.pop(msg.data["ticket"], None)) is not None:
            answer.set(msg.data)

    def _silence(self, msg: Any, **_more: Any) -> None:
        if self._clients is not None:
            self._clients.send(Silence(msg.data["province"], msg.data["is_silent"]))

    def _drain(self, **_more: Any) -> None:
        if self._clients is None:
            self._take(Drained(0))
        else:
            self._clients.send(Drain())

    def _account(self, **_more: Any) -> None:
        if self._clients is None:
            self._take(Accounted(Acknowledged()))
        else:
            self._clients.send(Account())

    # --- from the clients ---

    def _started(self) -> ClientProcess:
        # Starting a process lets other greenlets go on, and the first users come all at once.
        with self._starting:
            if self._clients is None:
                self._clients = ClientProcess(self._take, self._ended)
            return self._clients

    def _take(self, report: Report) -> None:
        match report:
            case Measured(rows):
                for kind, name, wait_ms, failure in rows:
                    self._fire(kind, name, wait_ms, failure)
            case Drained(unanswered):
                self._runner.send_message("drained", {"unanswered": unanswered})
            case Accounted(acknowledged):
                told = msgspec.json.encode(acknowledged).decode()
                self._runner.send_message("accounted", {"acknowledged": told})
            case Trouble(client, problem):
                _log.error("the client %s has ended: %s", client, problem)
                self._fire("client", client, 0.0, problem)

    def _fire(self, kind: str, name: str, wait_ms: float, failure: str) -> None:
        self._environment.events.request.fire(
            request_type=kind,
            name=name,
            response_time=wait_ms,
            response_length=0,
            exception=CallFailed(failure) if failure else None,
            context={},
        )

    def _ended(self, code: int) -> None:
        _log.error("the clients' process has ended with code %d", code)
        self._fire("client", "process", 0.0, f"ended with code {code}")
