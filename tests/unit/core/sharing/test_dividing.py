"""Dividing what lenders have."""

from hypothesis import given
from hypothesis import strategies as st

from actors.core.ids import ProvinceCode
from actors.core.sharing.dividing import divide

A, B, C = (ProvinceCode(code) for code in "abc")
X, Y = (ProvinceCode(code) for code in "xy")


def test_small_wishes_are_met_and_large_ones_share_the_rest_alike() -> None:
    """First come, first served would give everything to the province that is early in the alphabet."""
    assert divide({A: 100, B: 3, C: 100}, {X: [A, B, C]}, {X: 23}) == {(A, X): 10, (B, X): 3, (C, X): 10}


def test_a_remainder_is_given_out_one_each() -> None:
    """Two free people must not stay idle because three want them."""
    assert divide({A: 9, B: 9, C: 9}, {X: [A, B, C]}, {X: 2}) == {(A, X): 1, (B, X): 1}


def test_who_has_a_partner_of_its_own_leaves_the_common_one_to_others() -> None:
    """Max-min over a net: the one with two partners would otherwise end up with thrice as much."""
    assert divide({A: 100, B: 100}, {X: [A, B], Y: [A]}, {X: 10, Y: 10}) == {(A, Y): 10, (B, X): 10}


def test_lenders_that_have_more_than_is_wanted_keep_about_as_much() -> None:
    """One would be emptied because of its name, and its own next customer would wait."""
    assert divide({A: 6}, {X: [A], Y: [A]}, {X: 10, Y: 6}) == {(A, X): 5, (A, Y): 1}


codes = st.sampled_from([ProvinceCode(f"s{number}") for number in range(5)])


@given(
    st.dictionaries(codes, st.integers(0, 40), min_size=5),
    st.lists(st.tuples(st.lists(codes, min_size=1, unique=True), st.integers(0, 60)), min_size=1, max_size=4),
)
def test_nobody_gets_more_than_wished_nor_gives_more_than_there_is(
    wanted: dict[ProvinceCode, int], lenders: list[tuple[list[ProvinceCode], int]]
) -> None:
    """And nobody stays idle while a partner still wants something."""
    names = [ProvinceCode(f"h{number}") for number in range(len(lenders))]
    partners = {name: sources for name, (sources, _) in zip(names, lenders, strict=True)}
    available = {name: count for name, (_, count) in zip(names, lenders, strict=True)}
    divided = divide(wanted, partners, available)
    assert all(count > 0 and source in partners[host] for (source, host), count in divided.items())
    got = {code: sum(n for (source, _), n in divided.items() if source == code) for code in wanted}
    gave = {name: sum(n for (_, host), n in divided.items() if host == name) for name in names}
    assert all(got[code] <= wanted[code] for code in wanted)
    for name in names:
        assert gave[name] <= available[name]
        assert gave[name] == available[name] or all(got[code] == wanted[code] for code in partners[name])


@given(st.dictionaries(codes, st.integers(0, 40), min_size=2), st.integers(0, 100))
def test_one_lender_is_divided_max_min(wanted: dict[ProvinceCode, int], available: int) -> None:
    """Whoever got less than wished got no less than anybody else, but for one task that cannot be cut."""
    divided = divide(wanted, {X: list(wanted)}, {X: available})
    got = {code: divided.get((code, X), 0) for code in wanted}
    most = max(got.values())
    assert all(got[code] >= most - 1 for code in wanted if got[code] < wanted[code])
