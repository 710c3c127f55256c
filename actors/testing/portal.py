"""What stands between clients and provinces: the network, and the fence that drops answers of processes that were replaced."""

from collections.abc import Callable

from actors.core import commands as c
from actors.core.codec import encode
from actors.core.ids import ProvinceCode
from actors.core.refusal import Reason, Refused
from actors.core.replies import AnyReply, Elsewhere
from actors.testing.network import Network
from actors.testing.site import Site
from actors.testing.witness import Violation

#: Refusals that say "not now": the client sends the same request again.
PASSING = (Reason.STORE_FULL, Reason.QUEUE_FULL, Reason.RESTARTING)


class Portal:
    """Asks provinces on behalf of clients; remembers the first answer to each request id (I4)."""

    def __init__(self, network: Network, sites: dict[ProvinceCode, Site]) -> None:
        self._network = network
        self._sites = sites
        self._answers: dict[tuple[ProvinceCode, str, str], bytes] = {}

    def ask(
        self, sender: str, province: ProvinceCode, command: c.AnyCommand, on_reply: Callable[[AnyReply], None]
    ) -> None:
        """Send a command; `on_reply` is called for each answer that makes it back: never, once, or more often."""
        site = self._sites[province]

        def arrive() -> None:
            asked = site.process

            def answered(reply: AnyReply) -> None:
                # An answer with an old epoch goes nowhere: its connection belongs to a process that was replaced.
                if site.process is asked:
                    self._compare(province, command, reply)
                    self._network.send(province, sender, lambda: on_reply(reply))

            site.submit(command, answered)

        self._network.send(sender, province, arrive)

    def _compare(self, province: ProvinceCode, command: c.AnyCommand, reply: AnyReply) -> None:
        if not command.request_id or isinstance(reply, (Refused, Elsewhere)):
            return
        answer = encode(reply)
        first = self._answers.setdefault((province, command.who, command.request_id), answer)
        if first != answer:
            raise Violation(f"{province}: request {command.request_id} was answered in two ways")
