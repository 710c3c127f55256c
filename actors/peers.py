"""Links from one actor to the provinces, held by name: addresses come from the directory, whoever restarts is followed.

Links are made as soon as a province appears, not when the first message is due: an evacuation must not wait for a connection.
"""

from actors import protocol
from actors.transport import Entry, Link


class Peers:
    """One link to each province, aimed at wherever the directory says it lives now.

    Args:
        own_name: this process's name, told to the other side; no link leads there.
    """

    def __init__(self, own_name: str) -> None:
        self._own_name = own_name
        self._links: dict[str, Link] = {}

    def directory_changed(self, entry: Entry, present: bool) -> None:
        """For `DirectoryClient(on_change=…)`."""
        if entry.name != self._own_name and entry.name.startswith(protocol.PROVINCE_PREFIX):
            self.link(entry.name).connect_to(entry.address if present else None)

    def link(self, name: str) -> Link:
        """The link to a name; it connects as soon as the name is present."""
        link = self._links.get(name)
        if link is None:
            link = Link(self._own_name, on_push=lambda _: None, on_state=lambda _: None)
            self._links[name] = link
        return link

    async def close(self) -> None:
        """Close all links."""
        for link in self._links.values():
            await link.close()
