"""Bugs that are planted on purpose, to prove that the simulator would find them.

Each mutant changes the product's code in memory, in the simulator only, while `planted` is open. A mutant that no seed catches means
that a promise is not tested; one that is caught by its known seed (`known_seeds`) is caught by every run of the tests. The thirteen
bugs that a small prototype of this design really had are all among them; docs/testing.md says which is which.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from actors.testing.mutants import commits, hands, transit
from actors.testing.mutants.plant import Mutant, Plant


def _mutant(plant_bug: object) -> Mutant:
    name: str = plant_bug.__name__  # type: ignore[attr-defined]
    return Mutant(name=name.replace("_", "-"), bug=plant_bug.__doc__ or "", plant=plant_bug)  # type: ignore[arg-type]


MUTANTS: dict[str, Mutant] = {
    mutant.name: mutant for mutant in map(_mutant, (*commits.BUGS, *transit.BUGS, *hands.BUGS))
}


@contextmanager
def planted(name: str) -> Iterator[None]:
    """The product with one bug, within the block.

    Raises:
        KeyError: there is no such mutant.
    """
    plant = Plant()
    try:
        MUTANTS[name].plant(plant)
        yield
    finally:
        plant.remove()


def known_seeds() -> dict[str, int]:
    """A seed that catches each mutant; found by `python -m actors.testing.run --find-seeds`."""
    path = Path(__file__).with_name("known_seeds.json")
    return msgspec.json.decode(path.read_bytes(), type=dict[str, int])
