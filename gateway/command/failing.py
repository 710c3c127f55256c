"""How a command ends that could not do what it was asked: one line for a person, one JSON object for a program, and a code."""

import json
from typing import NoReturn

import typer

#: What a command says that was ended by Ctrl-C.
CUT_SHORT = "interrupted 已中断"


def fail(command: str, problem: str, code: int, *, as_json: bool, verdict: str = "ok") -> NoReturn:
    """Say what is wrong, and end.

    Args:
        command: its words, for the line.
        code: the exit code: 2 for a command that cannot be carried out as it was typed, else 1.
        verdict: the JSON field that is false.
    """
    if as_json:
        print(json.dumps({verdict: False, "problem": problem}, ensure_ascii=False))
    else:
        typer.echo(f"sharedops {command}: {problem}", err=True)
    raise typer.Exit(code)
