from collections import Counter

from loadtests.locusts.places import BENCH_MAX, Person, Place, Places, id_prefix


def places(people: int = 4) -> Places:
    """A country of a large and a small branch."""
    return Places(
        {"fujian": 20.0, "jiangxi": 10.0},
        {code: [Person(f"provinces/{code}/operators/{n}") for n in range(people)] for code in ("fujian", "jiangxi")},
    )


def take_all(broker: Places, kind: str) -> list[Place]:
    """Every seat of a kind."""
    taken: list[Place] = []
    while (place := broker.take(kind)) is not None:
        taken.append(place)
    return taken


def test_no_two_seats_share_an_operator_and_everybody_has_one() -> None:
    """Would break if two processes signed the same person in: each would take the session from the other."""
    people = 2 * BENCH_MAX + 5
    broker = places(people)
    seats = take_all(broker, "desk") + take_all(broker, "bench")
    operators = [person.operator for place in seats for person in place.people]
    assert len(operators) == len(set(operators)) == 2 * people
    assert all(1 <= len(place.people) <= BENCH_MAX for place in seats)
    assert broker.seats == {"watch": 2, "bench": 6, "desk": 2, "ops": 1}


def test_a_seat_that_is_left_is_given_again_under_another_number() -> None:
    """Would break if a worker that takes over after another found no seat, or made the other's ids again."""
    broker = places()
    first, _ = take_all(broker, "watch")
    assert broker.take("watch") is None
    broker.leave(first.number)
    broker.leave(first.number)
    again = broker.take("watch")
    assert again is not None and again.province == first.province and again.number != first.number
    assert broker.take("watch") is None


def test_branch_systems_go_where_they_are_fewest_for_the_size() -> None:
    """Would break if large branches sent as little as small ones, or if the province of who left stayed empty."""
    broker = places()
    taken = [place for kind in ("unary", "batch", "stream") for _ in range(10) if (place := broker.take(kind))]
    assert Counter(place.province for place in taken) == {"fujian": 20, "jiangxi": 10}
    for place in taken:
        if place.province == "jiangxi":
            broker.leave(place.number)
    newcomer = broker.take("unary")
    assert newcomer is not None and newcomer.province == "jiangxi"


def test_ids_of_two_places_never_meet() -> None:
    """Would break if the prefix of one place could be read as another's with a count behind it."""
    broker = places()
    prefixes = [id_prefix("labc123", place.number) for _ in range(300) if (place := broker.take("unary"))]
    ids = {f"{prefix}-{number}" for prefix in prefixes for number in range(1, 12)}
    assert len(ids) == 300 * 11
