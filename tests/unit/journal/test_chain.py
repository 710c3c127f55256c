import hashlib

import pytest

from actors.journal import Corrupt, Frame, Head, frame_hash, genesis_hash, verify_chain

START = Head(0, 0, genesis_hash("store", "fujian"))


def frames(*epochs: int) -> list[Frame]:
    """A chain whose hashes all fit, with these epochs."""
    chain: list[Frame] = []
    previous = START.hash
    for sequence, epoch in enumerate(epochs, start=1):
        previous = frame_hash(previous, sequence, epoch, 1000, b"payload")
        chain.append(Frame(sequence, epoch, 1000, b"payload", previous))
    return chain


def test_the_hashes_are_those_of_the_documented_bytes() -> None:
    """Another backend, or an auditor's script, must be able to compute the same chain."""
    genesis = hashlib.sha256(b"\0\0\0\5store\0\0\0\6fujian").digest()
    assert genesis_hash("store", "fujian") == genesis
    numbers = (1).to_bytes(8, "big") + (2).to_bytes(8, "big") + (-3).to_bytes(8, "big", signed=True)
    assert frame_hash(genesis, 1, 2, -3, b"payload") == hashlib.sha256(genesis + numbers + b"payload").digest()


def test_names_that_only_join_to_the_same_text_differ() -> None:
    """Otherwise store "a" province "bc" could continue store "ab" province "c"."""
    assert genesis_hash("a", "bc") != genesis_hash("ab", "c")


def test_a_sound_chain_passes_from_its_start_and_from_its_middle() -> None:
    """The verifier must not cry wolf."""
    chain = frames(1, 1, 2, 5, 5)
    assert list(verify_chain(chain, START, "fujian")) == chain
    third = Head(3, 2, chain[2].hash)
    assert list(verify_chain(chain[3:], third, "fujian")) == chain[3:]


def test_a_falling_epoch_is_found_though_every_hash_fits() -> None:
    """It is the mark of a zombie that wrote after its successor."""
    with pytest.raises(Corrupt, match="falls") as caught:
        list(verify_chain(frames(1, 3, 2), START, "fujian"))
    assert caught.value.sequence == 3
    with pytest.raises(Corrupt, match="falls"):
        list(verify_chain(frames(1), Head(0, 2, START.hash), "fujian"))


@pytest.mark.parametrize("numbers", [(-1, 1, 0), (1, -1, 0), (2**64, 1, 0), (1, 1, 2**63)])
def test_numbers_beyond_64_bits_are_refused(numbers: tuple[int, int, int]) -> None:
    """A number cut to size would hash like another one."""
    with pytest.raises(ValueError, match="64-bit"):
        frame_hash(START.hash, *numbers, b"")
    with pytest.raises(ValueError, match="32 bytes"):
        frame_hash(b"", 1, 1, 1, b"")
