"""A workbench, or one operator's desk, in a load test: a `Workbench` whose decisions go into the ledger."""

import grpc

from gateway.v1 import work_pb2
from loadtests.catalogue import Line
from loadtests.desks import DeskOperator, Workbench
from loadtests.locusts.ledger import Ledger
from loadtests.locusts.places import Place, Terms, id_prefix
from loadtests.locusts.staffing import behaviour


class Decisions:
    """Puts the decisions that a workbench was acknowledged into the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def made(self, action: work_pb2.WorkAction) -> None:
        """It goes out."""

    def settled(self, action: work_pb2.WorkAction, result: work_pb2.ActionResult) -> None:
        """It was answered for good."""
        if action.HasField("complete") and result.WhichOneof("outcome") != "error":
            done = action.complete
            self._ledger.decided(done.task, action.operator, done.verdict, done.amount_fen)

    def dropped(self, action: work_pb2.WorkAction) -> None:
        """Whether it had an effect is unknown; the events tell."""


def workbench(channel: grpc.aio.Channel, token: str, place: Place, terms: Terms, ledger: Ledger) -> Workbench:
    """The desks of a place."""
    prefix = id_prefix(terms.run, place.number)
    return Workbench(
        channel,
        token,
        [
            DeskOperator(
                operator=person.operator, authority={Line(line): level for line, level in person.authority.items()}
            )
            for person in place.people
        ],
        behaviour(terms.pace_s),
        desk_id=f"{prefix}-{place.kind}",
        seed=terms.run,
        watch=Decisions(ledger),
    )
