import pickle

import pytest

from actors.journal import (
    Corrupt,
    Fenced,
    JournalError,
    StoreBusy,
    StoreFailed,
    StoreFull,
    StoreMismatch,
)

SAMPLES = [
    Fenced("fujian", 3, 4),
    StoreMismatch("fujian", "a", "b", "hubei"),
    StoreMismatch("fujian", "a", "", ""),
    Corrupt("fujian", 7, "hash"),
    Corrupt("fujian", None, "record"),
    StoreFull("fujian", "disk full"),
    StoreBusy("fujian", 5000),
    StoreFailed("fujian", "fsync"),
]


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
def test_an_error_survives_pickling_with_type_and_data(error: JournalError) -> None:
    """Ray carries errors pickled; one that loses its type is handled as another."""
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(copy) is type(error)
    assert vars(copy) == vars(error)
    assert str(copy) == str(error)
    assert "fujian" in str(error)


def test_every_error_has_a_code_of_its_own_and_a_sample() -> None:
    """A new subclass that nobody maps to a status would reach a client as INTERNAL."""
    assert {type(error) for error in SAMPLES} == set(JournalError.__subclasses__())
    codes = [subclass.code for subclass in JournalError.__subclasses__()]
    assert len(set(codes)) == len(codes)
