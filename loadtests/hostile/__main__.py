"""`python -m loadtests.hostile`: hostile messages against a system of its own, or against a running one."""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc.aio

from loadtests.chaos.system import LiveSystem, SystemDown
from loadtests.hostile.campaign import MUST_BE_ZERO, Campaign, Plan, holds
from loadtests.hostile.tally import personal_data_in_logs
from loadtests.wire import read_development_tokens

_EPILOG = """example: python -m loadtests.hostile --count 20000 --json

Exit code 0 only if every message was sent, every process is the one that it was, no answer was UNKNOWN or INTERNAL or told of our insides
or of a customer, nothing is stored that was not acknowledged, the honest client was served every time, and a system of its own ended when
asked to; 2 if the campaign could not be finished."""
#: Provinces of a system of its own.
PROVINCES = ("fujian", "jiangxi")
KIND = "claims-medical"


async def attack(address: str, data_dir: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Run the campaign against a system whose development tokens are in `data_dir`."""
    tokens = read_development_tokens(data_dir)
    provinces = sorted(tokens.branch)
    if len(provinces) < 2:
        raise SystemDown("two provinces are needed: the attackers' and the honest client's")
    plan = Plan(
        address=address,
        tokens=tokens,
        own=provinces[1],
        foreign=provinces[0],
        kind=KIND,
        count=options.count,
        seed=options.seed,
        seconds_max=options.seconds_max,
    )
    campaign = Campaign(plan)
    await campaign.run()
    result = campaign.result()
    told = personal_data_in_logs(data_dir / "logs")
    result["leaks"] += len(told)
    result["examples"] += [f"data of a customer in the log {name}" for name in told]
    return result


async def attack_own(options: argparse.Namespace) -> dict[str, Any]:
    """The same against a system of our own, which is started and ended here; `ended_in_order`: it had not to be killed."""
    with tempfile.TemporaryDirectory(prefix="hostile-") as directory:
        system = LiveSystem(Path(directory), PROVINCES, arguments=())
        await system.start()
        try:
            result = await attack(system.grpc, system.data_dir, options)
        finally:
            ended_in_order = await system.stop()
    return result | {"ended_in_order": ended_in_order}


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.hostile",
        description="Send malformed and hostile messages to every method of the gateway.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--count", type=int, default=200_000, help="messages to send (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="another seed sends other bytes (default: %(default)s)")
    parser.add_argument("--seconds-max", type=float, default=900.0, help="bound in time (default: %(default)s)")
    parser.add_argument("--address", default="", help="a running system's gRPC address; needs --data-dir")
    parser.add_argument("--data-dir", type=Path, help="its data directory, for the development tokens and the logs")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    options = parser.parse_args(arguments)
    if bool(options.address) != bool(options.data_dir):
        parser.error("--address and --data-dir belong together")
    try:
        if options.address:
            result = asyncio.run(attack(options.address, options.data_dir, options))
        else:
            result = asyncio.run(attack_own(options))
    except (SystemDown, OSError, grpc.aio.AioRpcError) as error:
        problem = f"{type(error).__name__}: {error}"
        print(f"loadtests.hostile: {problem}", file=sys.stderr)
        if options.json:
            print(json.dumps({"held": False, "error": problem}, ensure_ascii=False))
        return 2
    _show(result, as_json=options.json)
    return 0 if holds(result, options.count) else 1


def _show(result: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
        return
    for name, value in result.items():
        mark = "" if name not in MUST_BE_ZERO else (" ✓" if not value else " ✗ must be 0")
        print(f"{name:28} {value}{mark}")


if __name__ == "__main__":
    sys.exit(main())
