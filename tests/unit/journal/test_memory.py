from dataclasses import replace

import pytest

from actors.journal import Corrupt, JournalError, MemoryStore, StoreFailed, StoreFull, open_memory


def test_a_planted_full_disk_leaves_the_journal_usable() -> None:
    """The simulator's disk-full fault must mean what it means in SQLite: nothing written, try again."""
    store = MemoryStore("store", "hubei")
    journal = open_memory(store, store_id="store", province="hubei")

    def full(write: str) -> None:
        raise StoreFull("hubei", write)

    store.before_write = full
    with pytest.raises(StoreFull, match="append"):
        journal.append(b"one", at_ms=1)
    assert (journal.head.sequence, store.frames) == (0, [])
    store.before_write = None
    assert journal.append(b"one", at_ms=1).sequence == 1


def test_a_planted_failure_kills_the_incarnation() -> None:
    """After a write of unknown outcome only a new incarnation may go on."""
    store = MemoryStore("store", "hubei")
    journal = open_memory(store, store_id="store", province="hubei")

    def failing(write: str) -> None:
        raise StoreFailed("hubei", write)

    store.before_write = failing
    with pytest.raises(StoreFailed):
        journal.append(b"one", at_ms=1)
    store.before_write = None
    with pytest.raises(StoreFailed):
        journal.append(b"one", at_ms=1)
    assert open_memory(store, store_id="store", province="hubei").append(b"one", at_ms=1).sequence == 1


@pytest.mark.parametrize("damage", ["payload", "swap", "cut", "hole"])
def test_damage_in_memory_is_found_like_damage_on_disk(damage: str) -> None:
    """The simulator flips bits here; a journal that served them would teach it nothing."""
    store = MemoryStore("store", "hubei")
    journal = open_memory(store, store_id="store", province="hubei")
    for number in range(5):
        journal.append(b"%d" % number, at_ms=number)
    match damage:
        case "payload":
            store.frames[2] = replace(store.frames[2], payload=b"other")
        case "swap":
            store.frames[2], store.frames[3] = store.frames[3], store.frames[2]
        case "cut":
            store.frames.pop()
        case _:
            del store.frames[2]
    with pytest.raises(JournalError) as caught:
        list(open_memory(store, store_id="store", province="hubei").frames())
    assert isinstance(caught.value, Corrupt)
