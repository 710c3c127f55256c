from collections.abc import Sequence
from random import Random
from typing import Any, get_args

import msgspec
import pytest
from msgspec import inspect

from actors.core import codec
from actors.core import commands as c
from actors.core import events as e
from actors.core.replies import AnyReply, DeskUpdate
from actors.core.task import TaskState
from tests.unit.core.harness import Branch
from tests.unit.core.hash_seeds import printed_under_hash_seeds
from tests.unit.core.journeys import bring_to
from tests.unit.core.walks import walk

#: Random values of each type.
SAMPLES = 20


def anything_of(kind: Any, random: Random, depth: int = 0) -> Any:
    """Some value of a type of ours, by its annotations."""
    return _value(inspect.type_info(kind), random, depth)


def _value(info: inspect.Type, random: Random, depth: int) -> Any:
    size = 0 if depth > 4 else random.randrange(3)
    match info:
        case inspect.StructType():
            fields = {field.name: _value(field.type, random, depth + 1) for field in info.fields}
            return info.cls(**fields)
        case inspect.UnionType():
            return _value(random.choice(info.types), random, depth)
        case inspect.VarTupleType():
            return tuple(_value(info.item_type, random, depth + 1) for _ in range(size))
        case inspect.TupleType():
            return tuple(_value(item, random, depth + 1) for item in info.item_types)
        case inspect.FrozenSetType():
            return frozenset(_value(info.item_type, random, depth + 1) for _ in range(size))
        case inspect.DictType():
            pairs = range(size)
            return {_value(info.key_type, random, depth): _value(info.value_type, random, depth + 1) for _ in pairs}
        case inspect.EnumType():
            return random.choice(list(info.cls))
        case inspect.IntType():
            return random.choice((0, 1, -1, 2**40, random.randrange(2**50)))
        case inspect.FloatType():
            return random.choice((0.0, -0.0, 1.5, -1e300, random.random()))
        case inspect.StrType():
            return random.choice(("", "x", "福建", str(random.randrange(2**30))))
        case inspect.BytesType():
            return random.randbytes(size)
        case inspect.BoolType():
            return bool(random.randrange(2))
        case inspect.NoneType():
            return None
        case _:
            raise AssertionError(f"a kind of field that no codec test knows: {info}")


@pytest.mark.parametrize("kind", get_args(e.AnyEvent), ids=lambda kind: kind.__name__)
def test_every_event_survives_the_journal(kind: type) -> None:
    """An event that comes back otherwise is a journal that lies."""
    for seed in range(SAMPLES):
        events = [anything_of(kind, Random(seed)), anything_of(kind, Random(-seed))]
        assert codec.decode_events(codec.encode_events(events)) == events


@pytest.mark.parametrize("kind", get_args(c.AnyCommand), ids=lambda kind: kind.__name__)
def test_every_command_survives_the_wire(kind: type) -> None:
    """A command that arrives otherwise would be decided otherwise."""
    for seed in range(SAMPLES):
        command = anything_of(kind, Random(seed))
        assert codec.decode_command(codec.encode(command)) == command


@pytest.mark.parametrize("kind", get_args(AnyReply), ids=lambda kind: kind.__name__)
def test_every_reply_survives_the_wire(kind: type) -> None:
    """A recorded answer is repeated from its bytes, so they must come out the same when encoded again."""
    for seed in range(SAMPLES):
        reply = anything_of(kind, Random(seed))
        again = codec.decode_reply(codec.encode(reply))
        assert again == reply
        assert codec.encode(again) == codec.encode(reply)


def test_desk_updates_survive_the_wire() -> None:
    """A desk must see what the province said."""
    branch = Branch()
    task = branch.task(bring_to(branch, TaskState.OFFERED))
    update = DeskUpdate(operator=task.operator or "", session="s", what="offered", task=task, token=1)  # pyright: ignore[reportArgumentType]
    assert codec.decode_desk_updates(codec.encode([update])) == [update]


def test_an_unknown_field_is_ignored_and_an_unknown_event_is_not() -> None:
    """A newer version may add fields; an event nobody knows must stop the replay."""
    known = msgspec.to_builtins(e.SiteReturned(at_ms=1, site="x"))  # pyright: ignore[reportArgumentType]
    assert codec.decode_events(msgspec.msgpack.encode([known | {"later": 1}])) == codec.decode_events(
        msgspec.msgpack.encode([known])
    )
    with pytest.raises(msgspec.DecodeError):
        codec.decode_events(msgspec.msgpack.encode([known | {"type": "SiteMoved"}]))


@pytest.mark.parametrize("junk", [b"", b"\x00", b"\x91", b"\xc1", b"\x81\xa1a\x01", b"\xd9\x02\xff\xff"])
def test_junk_is_refused_with_a_decode_error(junk: bytes) -> None:
    """Wrong bytes must have a definite error, never another exception."""
    for decode in (codec.decode_events, codec.decode_command, codec.decode_reply):
        with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
            decode(junk)


def frames_of(seed: int) -> list[bytes]:
    """The frames of a random walk."""
    random, branch = Random(seed), Branch()
    steps: Sequence[tuple[int, int]] = [(random.randrange(24), random.randrange(2**20)) for _ in range(150)]
    walk(branch, steps)
    return [codec.encode_events([event]) for event in branch.log]


def test_the_same_commands_give_the_same_bytes_whatever_the_hash_seed() -> None:
    """A set iterated somewhere would make replay, simulator and live system three different systems."""
    program = (
        "import hashlib\n"
        "from tests.unit.core.test_codec import frames_of\n"
        "print(hashlib.sha256(b''.join(f for seed in range(8) for f in frames_of(seed))).hexdigest())\n"
    )
    assert len(printed_under_hash_seeds(program)) == 1
