import pickle

import pytest

from actors.transport import (
    AddressInvalid,
    BodyTooLarge,
    CallFailed,
    CallTimedOut,
    LinkDown,
    LinkFull,
    LinkLost,
    TransportError,
)

EXAMPLES = [
    AddressInvalid("x", "why"),
    BodyTooLarge(2, 1),
    CallFailed("gateway/1", "no"),
    CallTimedOut("gateway/1", 0.5),
    LinkDown("gateway/1"),
    LinkFull("gateway/1", "calls_in_flight_max", 1),
    LinkLost("gateway/1", "peer_closed"),
]


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: error.code)
def test_every_error_survives_pickling(error: TransportError) -> None:
    """An error that cannot be unpickled kills the process that receives it."""
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert type(copy) is type(error)
    assert vars(copy) == vars(error)
    assert str(copy) == str(error)


def test_every_error_has_an_example_and_a_code_of_its_own() -> None:
    """Two errors with one code could not be told apart in a log."""
    assert {type(error) for error in EXAMPLES} == set(TransportError.__subclasses__())
    assert len({error.code for error in EXAMPLES}) == len(EXAMPLES)
