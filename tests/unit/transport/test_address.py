import pytest

from actors.transport import AddressInvalid, parse_address, socket_address


@pytest.mark.parametrize("text", ["unix:/run/s.1", "tcp:127.0.0.1:80", "tcp:[::1]:80", "tcp:host:0"])
def test_an_address_reads_back_as_written(text: str) -> None:
    """The directory hands addresses on as text."""
    assert str(parse_address(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "unix:", "unix:s", "unix:/a\0b", "tcp:", "tcp:host", "tcp::80", "tcp:h:x", "tcp:h:65536", "udp:h:1"],
)
def test_a_bad_address_is_refused_by_name(text: str) -> None:
    """Anything else would surface as an OSError in a reconnect loop, for ever."""
    with pytest.raises(AddressInvalid):
        _ = parse_address(text)


def test_socket_names_carry_the_epoch_and_never_collide() -> None:
    """Two processes on one socket would answer for each other."""
    names = ["province/fujian", "province-fujian", "province_fujian", "fujian"]
    addresses = [socket_address("/run/x", name, epoch) for name in names for epoch in (1, 11)]
    assert addresses[0] == "unix:/run/x/province.fujian.1"
    assert len(set(addresses)) == len(addresses)


def test_a_path_of_107_bytes_is_the_longest() -> None:
    """The kernel's own message for a longer one names neither the path nor the limit."""
    room = 107 - len("/s.1")
    assert socket_address("/" + "d" * (room - 1), "s", 1).endswith("/s.1")
    with pytest.raises(AddressInvalid, match=r"108 bytes.*107.*shorten"):
        _ = socket_address("/" + "d" * room, "s", 1)


@pytest.mark.parametrize("name", ["", "a.b", "../a", "a//b", "a/", "福建"])
def test_a_socket_name_that_could_collide_or_escape_is_refused(name: str) -> None:
    """Dots separate the parts and the epoch."""
    with pytest.raises(AddressInvalid):
        _ = socket_address("/run/x", name, 1)
