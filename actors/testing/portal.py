"""What stands between clients and provinces: the network, and the fence that drops answers of processes that were replaced."""

from collections.abc import Callable

from actors.core import commands as c
from actors.core.codec import encode
from actors.core.ids import ProvinceCode
from actors.core.refusal import Reason, Refused
from actors.core.replies import AnyReply, Elsewhere, TaskReply
from actors.testing.network import Network
from actors.testing.site import Site
from actors.testing.witness import Violation, Witness

#: Refusals that say "not now": the client sends the same request again.
PASSING = (Reason.STORE_FULL, Reason.QUEUE_FULL, Reason.RESTARTING, Reason.PROVINCE_DRAINING)


class Portal:
    """Asks provinces on behalf of clients.

    It remembers the first answer to each request id (I4), and that nothing is answered which is not on disk (I7).
    """

    def __init__(self, network: Network, sites: dict[ProvinceCode, Site], witness: Witness) -> None:
        self._network = network
        self._sites = sites
        self._witness = witness
        #: (who, request id) -> the first answer, whichever province gave it.
        self._answers: dict[tuple[str, str], bytes] = {}

    def ask(
        self, sender: str, province: ProvinceCode, command: c.AnyCommand, on_reply: Callable[[AnyReply], None]
    ) -> None:
        """Send a command; `on_reply` is called for each answer that makes it back: never, once, or more often."""
        site = self._sites[province]

        def arrive() -> None:
            asked = site.process

            def answered(reply: AnyReply) -> None:
                # The connection of a process that was replaced is closed: its answers go nowhere.
                if site.process is asked:
                    self._check(province, command, reply)
                    self._network.send(province, sender, lambda: on_reply(reply))

            site.submit(command, answered)

        self._network.send(sender, province, arrive, keep=True)

    def _check(self, province: ProvinceCode, command: c.AnyCommand, reply: AnyReply) -> None:
        if isinstance(reply, TaskReply):
            self._witness.check_said(province, reply.task, "answers with")
        if not command.request_id or isinstance(reply, (Refused, Elsewhere)):
            return
        answer = encode(reply)
        first = self._answers.setdefault((command.who, command.request_id), answer)
        if first != answer:
            raise Violation(f"{province}: request {command.request_id} was answered in two ways")
