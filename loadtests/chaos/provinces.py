"""Which provinces a command plays with, from what its `--provinces` says; refused before anything is started."""

import typer

from loadtests.catalogue import POPULATION_MILLIONS


def choose_provinces(wanted: str) -> tuple[str, ...]:
    """Codes from what the command line says: a number (the most populous), codes with commas, or nothing (all 36).

    Raises:
        ValueError: there are not so many, or there is no such province.
    """
    by_size = sorted(POPULATION_MILLIONS, key=lambda code: (-POPULATION_MILLIONS[code], code))
    if wanted.isdigit():
        if not 1 <= int(wanted) <= len(by_size):
            raise ValueError(f"between 1 and {len(by_size)} provinces, not {wanted}")
        return () if int(wanted) == len(by_size) else tuple(by_size[: int(wanted)])
    codes = tuple(code.strip() for code in wanted.split(",") if code.strip())
    unknown = [code for code in codes if code not in POPULATION_MILLIONS]
    if unknown:
        raise ValueError(f"there is no province {unknown[0]!r}; there are {', '.join(sorted(by_size))}")
    return codes


def read_provinces_option(wanted: str) -> tuple[str, ...]:
    """The same for a command line: what is wrong is a wrong use of the command, which ends with code 2.

    Raises:
        typer.BadParameter: there are not so many, or there is no such province.
    """
    try:
        return choose_provinces(wanted)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--provinces") from None
