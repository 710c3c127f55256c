"""Who works in a measured system: people of the usual kind, so many in each province, who accept at once; and the kinds that they can do."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from loadtests.bench.office import Post
from loadtests.catalogue import read_branches, read_kinds
from loadtests.preparation import enrol
from loadtests.roster import Person, even_roster
from loadtests.wire import open_channel, read_development_tokens

SEED = 12
#: A kind is asked of a province only where so many people do it: with one alone a task would wait while that person is busy.
ABLE_MIN = 2


async def staff(address: str, data_dir: Path, people: int) -> list[Post]:
    """Enrol people, spread evenly over all provinces, and say who they are, province by province.

    Args:
        address: of a gateway.
        data_dir: the system's, for its development tokens.

    Raises:
        SetupRefused: somebody was not taken.
        grpc.aio.AioRpcError: the system did not answer.
    """
    tokens = read_development_tokens(data_dir)
    async with open_channel(address) as channel:
        branches = await read_branches(channel, tokens.ops)
        kinds = await read_kinds(channel, tokens.ops)
        roster = [replace(person, auto_accept=True) for person in even_roster(SEED, branches, kinds, people)]
        await enrol(channel, tokens.ops, roster)
    return [
        Post(
            province=branch.province,
            branch_token=tokens.branch[branch.province],
            desk_token=tokens.desk[branch.province],
            operators=[person.operator for person in here],
            kinds=kinds_for(here),
        )
        for branch in branches
        for here in ([person for person in roster if person.province == branch.province],)
    ]


def kinds_for(people: list[Person]) -> list[str]:
    """The kinds that enough of these people do, by id."""
    able = Counter(kind for person in people for kind in person.experience)
    return sorted(kind for kind, count in able.items() if count >= ABLE_MIN)
