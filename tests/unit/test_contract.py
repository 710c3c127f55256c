"""The contract: its committed stubs, its comments, and the conventions that no linter knows."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
)

TOP = Path(__file__).resolve().parents[2]
STUBS = TOP / "gateway" / "v1"

#: Methods that write nothing durable: they start with one of these words, or are a heartbeat.
READ_PREFIXES = ("Get", "List", "Watch", "Stream", "Verify", "Heartbeat", "Explain", "Preview", "Diagnose")


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> list[FileDescriptorProto]:
    """The parsed .proto files, with their comments."""
    output = tmp_path_factory.mktemp("contract") / "descriptors"
    proto_root = TOP / "proto"
    subprocess.run(
        [
            sys.executable,
            *("-m", "grpc_tools.protoc"),
            f"--proto_path={proto_root}",
            f"--proto_path={files('grpc_tools') / '_proto'}",
            "--include_source_info",
            f"--descriptor_set_out={output}",
            *(path.relative_to(proto_root).as_posix() for path in sorted(proto_root.rglob("*.proto"))),
        ],
        check=True,
    )
    return list(FileDescriptorSet.FromString(output.read_bytes()).file)


def test_committed_stubs_are_what_the_contract_generates(tmp_path: Path) -> None:
    """A contract changed without its stubs, or a stub edited by hand, makes two contracts of one."""
    subprocess.run([sys.executable, TOP / ".ci" / "generate-stubs", tmp_path], check=True)

    def stubs_in(folder: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder.iterdir() if "_pb2" in path.name}

    committed, generated = stubs_in(STUBS), stubs_in(tmp_path / "gateway" / "v1")
    assert sorted(committed) == sorted(generated)
    assert [name for name in generated if committed[name] != generated[name]] == []


def test_everything_in_the_contract_has_a_comment(contract: list[FileDescriptorProto]) -> None:
    """A field without meaning, unit and bound is guessed at by every branch integrator anew."""
    elements = {name: comment for file in contract for name, comment in commented_elements(file)}
    assert len(elements) > 300
    assert [name for name, comment in elements.items() if not comment.strip()] == []


def test_importing_the_stubs_imports_nothing_else_of_ours() -> None:
    """A branch integrator's client would otherwise need Ray, and pay a second and 45 MB at every start."""
    modules = [f"gateway.v1.{path.stem}" for path in sorted(STUBS.glob("*_pb2*.py"))]
    command = [sys.executable, "-c", f"import sys, {', '.join(modules)}; print(*sys.modules)"]
    output = subprocess.run(command, cwd=TOP, check=True, capture_output=True, text=True).stdout
    watched = {"ray", "actors", "gateway", "loadtests"}
    imported = {name for name in output.split() if name.split(".")[0] in watched}
    assert imported == {"gateway", "gateway.v1", *modules}


def test_stream_messages_carry_many_items(contract: list[FileDescriptorProto]) -> None:
    """One item per message would cap a stream at a gateway's message rate; batching removes that cost."""
    by_name = messages(contract)
    streamed = {short(method.input_type) for method in methods(contract) if method.client_streaming}
    streamed |= {short(method.output_type) for method in methods(contract) if method.server_streaming}
    # An overview is one picture that replaces the one before.
    streamed.remove("Overview")
    assert len(streamed) == 5
    for name in streamed:
        assert [is_repeated(field) for field in by_name[name].field] == [True], name


def test_every_write_has_a_request_id(contract: list[FileDescriptorProto]) -> None:
    """A write that cannot be repeated safely is lost or done twice when its answer gets lost."""
    by_name = messages(contract)
    writes = [method for method in methods(contract) if not method.name.startswith(READ_PREFIXES)]
    assert len(writes) > 25
    assert [method.name for method in writes if not carries_request_id(method, by_name)] == []


def commented_elements(file: FileDescriptorProto) -> Iterator[tuple[str, str]]:
    """Yields name and leading comment of everything that `file` declares.

    The paths are those of google.protobuf.SourceCodeInfo: field number in FileDescriptorProto, index, and so
    on inwards.
    """
    locations = file.source_code_info.location
    comments = {tuple(location.path): location.leading_comments for location in locations}
    for i, message in enumerate(file.message_type):
        yield message.name, comments.get((4, i), "")
        for j, field in enumerate(message.field):
            yield f"{message.name}.{field.name}", comments.get((4, i, 2, j), "")
        # protoc makes a oneof of its own for each field with presence; its comment is the field's.
        optional = {field.oneof_index for field in message.field if field.proto3_optional}
        for j, oneof in enumerate(message.oneof_decl):
            if j in optional:
                continue
            yield f"{message.name}.{oneof.name}", comments.get((4, i, 8, j), "")
        # Nested types would escape this walk; only the entries that protoc makes for maps may be there.
        assert all(nested.options.map_entry for nested in message.nested_type), message.name
        assert not message.enum_type, message.name
    for i, enum in enumerate(file.enum_type):
        yield enum.name, comments.get((5, i), "")
        for j, value in enumerate(enum.value):
            yield f"{enum.name}.{value.name}", comments.get((5, i, 2, j), "")
    for i, service in enumerate(file.service):
        yield service.name, comments.get((6, i), "")
        for j, method in enumerate(service.method):
            yield f"{service.name}.{method.name}", comments.get((6, i, 2, j), "")


def messages(contract: list[FileDescriptorProto]) -> dict[str, DescriptorProto]:
    """All messages of the contract by their short names."""
    return {message.name: message for file in contract for message in file.message_type}


def methods(contract: list[FileDescriptorProto]) -> Iterator[MethodDescriptorProto]:
    """All methods of the contract."""
    return (method for file in contract for service in file.service for method in service.method)


def carries_request_id(method: MethodDescriptorProto, by_name: dict[str, DescriptorProto]) -> bool:
    """Whether the request has a request_id, or is a batch whose items have one."""
    request = by_name[short(method.input_type)]
    items = [by_name.get(short(field.type_name)) for field in request.field if is_repeated(field)]
    return has_request_id(request) or any(item is not None and has_request_id(item) for item in items)


def has_request_id(message: DescriptorProto) -> bool:
    """Whether `message` itself has a request_id."""
    return any(field.name == "request_id" for field in message.field)


def is_repeated(field: FieldDescriptorProto) -> bool:
    """Whether `field` holds many values."""
    return field.label == FieldDescriptorProto.LABEL_REPEATED


def short(type_name: str) -> str:
    """The last part of a fully qualified message name."""
    return type_name.rpartition(".")[2]
