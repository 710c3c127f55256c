import ast
from pathlib import Path

import pytest

CORE = Path(__file__).parents[2] / "actors" / "core"

#: Built-ins that do I/O, differ from process to process, or hide an import from the linter.
REFUSED = {
    "__import__",
    "breakpoint",
    "eval",
    "exec",
    "hash",
    "id",
    "input",
    "open",
    "print",
}


def refused_builtins(source: str) -> list[tuple[int, str]]:
    """Returns (line, name) of every refused built-in that `source` reads; methods of that name may pass."""
    return sorted(
        (node.lineno, node.id)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in REFUSED
    )


def test_refused_builtins_are_found() -> None:
    """Else the next test could not fail."""
    assert refused_builtins("def f(x):\n    print(hash(x))\n    x.open()\n") == [(2, "hash"), (2, "print")]


@pytest.mark.parametrize(
    "file",
    [pytest.param(file, id=file.relative_to(CORE).as_posix()) for file in sorted(CORE.rglob("*.py"))],
)
def test_core_uses_no_impure_builtin(file: Path) -> None:
    """Else replaying a journal could give another state than the one that was acknowledged."""
    assert refused_builtins(file.read_text(encoding="utf-8")) == []
