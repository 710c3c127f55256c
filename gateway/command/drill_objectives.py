"""Reads the file of objectives: what a drill of each kind must reach."""

import tomllib
from pathlib import Path
from typing import Annotated

import msgspec

from actors.core.drills.figures import FIGURES
from actors.core.drills.record import DrillKind
from gateway.v1 import drill_pb2

SHIPPED = Path(__file__).with_name("drill-objectives.toml")
_Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]


class ObjectivesError(Exception):
    """The file cannot be used; `str` says why."""


class _Bound(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    at_most: _Count | None = None
    at_least: _Count | None = None


def read_objectives(path: Path, kind: DrillKind) -> list[drill_pb2.DrillObjective]:
    """The objectives of one kind.

    Raises:
        ObjectivesError: the file cannot be read, has nothing for the kind, or names a figure that no report has.
    """
    try:
        tables = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), dict[str, dict[str, _Bound]])
    except OSError as error:
        raise ObjectivesError(f"{path}: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ObjectivesError(f"{path}: {error}") from None
    if kind.value not in tables:
        raise ObjectivesError(f"{path} has no table [{kind.value}]")
    return [_objective(path, figure, bound) for figure, bound in tables[kind.value].items()]


def _objective(path: Path, figure: str, bound: _Bound) -> drill_pb2.DrillObjective:
    if figure not in FIGURES:
        raise ObjectivesError(f"{path}: there is no figure {figure}; there are {', '.join(FIGURES)}")
    if (bound.at_most is None) is (bound.at_least is None):
        raise ObjectivesError(f"{path}: {figure} needs exactly one of at_most and at_least")
    return drill_pb2.DrillObjective(figure=figure, at_most=bound.at_most, at_least=bound.at_least)
