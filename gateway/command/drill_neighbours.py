"""A province with those that border on it: whom one storm reaches."""

import tomllib
from pathlib import Path

_FILE = Path(__file__).with_name("drill-neighbours.toml")


def borders() -> dict[str, list[str]]:
    """Province -> its neighbours, in the order of the file; every border both ways."""
    written: dict[str, list[str]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    both: dict[str, list[str]] = {}
    for code, others in written.items():
        for other in others:
            both.setdefault(code, []).append(other)
            both.setdefault(other, []).append(code)
    return both


def with_neighbours(provinces: tuple[str, ...]) -> tuple[str, ...]:
    """These provinces and all that border on one of them, each once."""
    known = borders()
    return tuple(dict.fromkeys((*provinces, *(other for code in provinces for other in known.get(code, [])))))
