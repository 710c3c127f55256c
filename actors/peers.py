"""Links from one actor to others, held by name: addresses come from the directory, whoever restarts is followed."""

from collections.abc import Callable

from actors.transport import Entry, Link


class Peers:
    """One link per name that is asked for, aimed at wherever the directory says it lives now.

    Args:
        own_name: this process's name, told to the other side.
        on_present: called with the name when a peer appears or comes back as another incarnation.
    """

    def __init__(self, own_name: str, on_present: Callable[[str], None] = lambda _: None) -> None:
        self._own_name = own_name
        self._on_present = on_present
        self._links: dict[str, Link] = {}
        self._entries: dict[str, Entry] = {}

    def directory_changed(self, entry: Entry, present: bool) -> None:
        """For `DirectoryClient(on_change=…)`."""
        if present:
            self._entries[entry.name] = entry
        else:
            self._entries.pop(entry.name, None)
        link = self._links.get(entry.name)
        if link is not None:
            link.connect_to(entry.address if present else None)
        if present:
            self._on_present(entry.name)

    def entry(self, name: str) -> Entry | None:
        """The present incarnation of a name, if it is present."""
        return self._entries.get(name)

    def names(self) -> list[str]:
        """Who is present, in name order."""
        return sorted(self._entries)

    def link(self, name: str) -> Link:
        """The link to a name; it connects as soon as the name is present."""
        link = self._links.get(name)
        if link is None:
            link = Link(self._own_name, on_push=lambda _: None, on_state=lambda _: None)
            self._links[name] = link
            entry = self._entries.get(name)
            link.connect_to(entry.address if entry else None)
        return link

    async def close(self) -> None:
        """Close all links."""
        for link in self._links.values():
            await link.close()
