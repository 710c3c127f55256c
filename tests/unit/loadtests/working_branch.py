"""A country in this process whose people accept at once, and the posts of the measuring client in it."""

import contextlib
from collections.abc import AsyncIterator, Sequence

import msgspec

from actors.core import commands as c
from loadtests.bench.office import Post
from tests.unit.gateway_streams.served import KIND, Served, served


@contextlib.asynccontextmanager
async def working(*codes: str, auto_accept: bool = True) -> AsyncIterator[tuple[Served, list[Post]]]:
    """Serve provinces of four people each."""
    async with served(*codes) as found:
        for site in found.sites.values():
            people = [msgspec.structs.replace(one, auto_accept=auto_accept) for one in site.operators]
            assert site.process is not None
            site.process.submit(c.UpsertOperators(who="system:country", entries=tuple(people)), lambda _: None)
        yield found, [post(found, code) for code in codes]


def post(found: Served, code: str, kinds: Sequence[str] = (KIND,)) -> Post:
    """Who works in a province, and by which tokens."""

    def token(role: str) -> str:
        return found.as_(role, code)["metadata"][0][1].removeprefix("Bearer ")

    assert found.sites[code].operators
    return Post(
        province=code,
        branch_token=token("branch"),
        desk_token=token("desk"),
        operators=[f"provinces/{code}/operators/{one.operator}" for one in found.sites[code].operators],
        kinds=list(kinds),
    )
