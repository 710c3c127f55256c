"""Field masks (AIP-134): what an update changes."""

from collections.abc import Collection, Sequence
from typing import TypeVar

from google.protobuf.message import Message

M = TypeVar("M", bound=Message)


def paths_of(mask_paths: Sequence[str], update: Message, writable: Collection[str]) -> list[str]:
    """The fields to change. An empty mask means every field that is set, ``*`` every field that can be written."""
    if "*" in mask_paths:
        return list(writable)
    if mask_paths:
        return list(dict.fromkeys(mask_paths))
    return [descriptor.name for descriptor, _ in update.ListFields() if descriptor.name in writable]


def merged(current: M, update: M, paths: Collection[str]) -> M:
    """A copy of `current` with the fields `paths` of `update`; a field that `update` has not set becomes empty."""
    result = type(current)()
    result.CopyFrom(current)
    chosen = type(current)()
    chosen.CopyFrom(update)
    for descriptor in current.DESCRIPTOR.fields:
        if descriptor.name in paths:
            result.ClearField(descriptor.name)
        else:
            chosen.ClearField(descriptor.name)
    result.MergeFrom(chosen)
    return result
