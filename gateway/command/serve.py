"""`sharedops serve`: the whole country on this machine."""

import asyncio
import json
import signal
import time
from pathlib import Path
from typing import Annotated, NoReturn

import structlog
import typer
from rich.console import Console
from rich.panel import Panel

from actors import logs
from actors.country_file import CountryFileError, load_country
from actors.store import Store, StoreError, open_store, resolved
from gateway.command.failing import CUT_SHORT
from gateway.command.gateways import console_addresses
from gateway.command.listen_address import (
    PORT_MAX,
    AddressUnusable,
    ListenAddress,
    parse_listen_address,
    require_free,
    require_loopback,
)
from gateway.command.province_codes import explain_unknown, split_codes
from gateway.command.system import Ready, System, SystemFailed, SystemSettings
from gateway.identity import TokenFileError, Tokens, make_development_tokens

_log = structlog.get_logger(__name__)

#: From the first process to the last province; 36 of them take 20 to 30 s on two cores. Whoever has not come up by then is started without.
READY_TIMEOUT_S = 180.0


class _NotReady(SystemFailed):
    """It failed before it served."""


def serve(
    data_dir: Annotated[Path, typer.Option(help="Journals, identities and logs; made if missing.")] = Path("data"),
    grpc: Annotated[str, typer.Option(help="Where gRPC listens, host:port; port 0: any.")] = "127.0.0.1:50051",
    console: Annotated[str, typer.Option(help="Where the console listens, host:port; port 0: any.")] = "127.0.0.1:8051",
    provinces: Annotated[
        str | None, typer.Option(help="Codes, comma-separated, for a new directory; default: all 36.")
    ] = None,
    country: Annotated[
        Path | None, typer.Option(help="Country file (TOML); default: the one that comes with it.")
    ] = None,
    sample_operators: Annotated[bool, typer.Option(help="Enrol the country file's operators in new journals.")] = True,
    gateways: Annotated[
        int,
        typer.Option(
            min=1,
            max=16,
            help="Gateway processes behind the gRPC port, one for every 2,500 calls a second; each further one has its console, with its "
            "metrics, one port higher.",
        ),
    ] = 1,
    admission_per_second: Annotated[
        int,
        typer.Option(
            min=0,
            help="Calls on tasks, operators, decisions, reviews and events that are taken in a second, shared out evenly among the gateways; "
            "the rest are told to come back. Desks and the controls of operations are never refused. 0: no limit.",
        ),
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON line when ready, or why it is not.")] = False,
    fault_dir: Annotated[
        Path | None,
        typer.Option(hidden=True, help="Tests only: provinces obey DIR/PROVINCE.json; see docs/live-faults.md."),
    ] = None,
) -> None:
    """Start everything: every province's actor, the coordinator, the gateway and the console. Ctrl-C ends it.

    Example: sharedops serve --data-dir ./data --provinces fujian,jiangxi

    A province whose journal cannot be used stands aside, is named with the reason, and keeps nobody else from serving; nor does one that
    cannot start, or has not come up after three minutes. A coordinator (hq) that has not come up a quarter of a minute after all others is named,
    too, and started without.

    Exit code 0 after a clean end, 1 if the system could not be kept up, 2 if it may not start (directory in use, of another store
    or not to be written, journal of the headquarters unusable, address taken, unusable token file, development tokens on a public
    address, unknown province).
    """
    try:
        addresses = _addresses(grpc, console, gateways)
        if not (data_dir / "tokens.toml").exists() or (data_dir / "dev-tokens.json").exists():
            require_loopback(addresses)
        faults = str(resolved(fault_dir)) if fault_dir else ""
        # The directory first: if this very system runs already, its ports are taken as well, and others would be no help.
        store = _open(data_dir, provinces, country, addresses)
        _check(store, addresses)
    except (StoreError, CountryFileError, AddressUnusable, TokenFileError) as error:
        _refuse(str(error), 2, as_json=as_json)
    except OSError as error:
        _refuse(_in_words(error, data_dir), 2, as_json=as_json)
    settings = SystemSettings(
        grpc=grpc,
        console=console,
        gateways=gateways,
        country=str(country or ""),
        with_operators=sample_operators,
        fault_dir=faults,
        admission_per_second=admission_per_second,
    )
    try:
        asyncio.run(_serve(store, settings, as_json=as_json))
    except _NotReady as error:
        _refuse(str(error), 1, as_json=as_json)
    except SystemFailed as error:
        typer.echo(f"sharedops serve: {error}", err=True)
        raise typer.Exit(1) from None


def _refuse(problem: str, code: int, *, as_json: bool) -> NoReturn:
    """Say why it does not serve, beside everything else that was told; for a program once more in JSON."""
    typer.echo(f"sharedops serve: {problem}", err=True)
    if as_json:
        _tell_not_ready(problem)
    raise typer.Exit(code)


def _tell_not_ready(problem: str) -> None:
    print(json.dumps({"ready": False, "problem": problem}, ensure_ascii=False), flush=True)


def _addresses(grpc: str, console: str, gateways: int) -> list[tuple[str, ListenAddress]]:
    """Everything that is listened on, each with the option that says where."""
    first = parse_listen_address("--console", console)
    if first.port + gateways - 1 > PORT_MAX:
        raise AddressUnusable(f"--console {first}: there are not {gateways} ports from there on, one for each gateway")
    consoles = [parse_listen_address("--console", text) for text in console_addresses(console, gateways)]
    return [("--grpc", parse_listen_address("--grpc", grpc)), *(("--console", address) for address in consoles)]


def _open(
    data_dir: Path, provinces: str | None, country: Path | None, addresses: list[tuple[str, ListenAddress]]
) -> Store:
    known = tuple(entry.province for entry in load_country(country).provinces)
    wanted = known
    if provinces is not None:
        wanted = split_codes(provinces)
    if not wanted:
        raise StoreError("--provinces names no province")
    for code in wanted:
        if code not in known:
            raise StoreError(explain_unknown(code, known))
    if not (data_dir / "store.json").exists():
        # Nobody runs here yet. A start that cannot succeed leaves nothing behind, least of all provinces that cannot be changed.
        require_free(addresses)
    store = open_store(resolved(data_dir), wanted)
    if provinces and set(wanted) != set(store.identity.provinces):
        store.release()
        raise StoreError(
            f"{data_dir} holds the provinces {', '.join(store.identity.provinces)}; they cannot be changed"
        )
    return store


def _check(store: Store, addresses: list[tuple[str, ListenAddress]]) -> None:
    """Find out now what the gateway would find out again and again after each restart; gives the store back then.

    Raises:
        TokenFileError: `tokens.toml` cannot be used.
        AddressUnusable: somebody else listens there.
        OSError: the directory cannot be written.
    """
    tokens = store.directory / "tokens.toml"
    try:
        if not tokens.exists():
            make_development_tokens(tokens, store.identity.provinces)
        Tokens.load(tokens)
        store.logs.mkdir(exist_ok=True)
        require_free(addresses)
    except (TokenFileError, AddressUnusable, OSError):
        store.release()
        raise


def _in_words(error: OSError, directory: Path) -> str:
    return f"{error.filename or directory}: {error.strerror}"


async def _serve(store: Store, settings: SystemSettings, *, as_json: bool) -> None:
    screen = Console(stderr=as_json)
    logs.configure(store.logs / "serve.log")
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    started = time.monotonic()
    try:
        system = System(store, settings, lambda line: _tell(screen, line))
    except OSError as error:
        raise _NotReady(_in_words(error, store.directory)) from error
    stopping = asyncio.create_task(stopped.wait())
    try:
        await system.start()
        if not as_json:
            screen.print(f"Starting {len(store.identity.provinces)} provinces … 正在启动各省")
        ready = asyncio.create_task(system.wait_ready(READY_TIMEOUT_S))
        await asyncio.wait((ready, stopping), return_when=asyncio.FIRST_COMPLETED)
        if stopped.is_set():
            ready.cancel()
            if as_json:
                _tell_not_ready(CUT_SHORT)
            return
        try:
            bound = ready.result()
        except SystemFailed as error:
            raise _NotReady(str(error)) from None
        if not bound.aside:
            store.note_complete()
        _announce(store, bound, time.monotonic() - started, screen, as_json=as_json)
        failing = asyncio.create_task(system.wait_failed())
        await asyncio.wait((stopping, failing), return_when=asyncio.FIRST_COMPLETED)
        if failing.done():
            failing.result()
        failing.cancel()
    finally:
        stopping.cancel()
        if not as_json:
            screen.print("Stopping … 正在停止")
        await system.stop()


def _tell(screen: Console, line: str) -> None:
    """Say what the outer supervisor does, to whoever looks on and for whoever comes later."""
    _log.warning(line)
    screen.print(line, style="yellow", markup=False, soft_wrap=True)


def _announce(store: Store, bound: Ready, seconds: float, screen: Console, *, as_json: bool) -> None:
    serving = sum(code not in bound.aside for code in store.identity.provinces)
    if as_json:
        line = {
            "ready": True,
            "grpc": bound.grpc,
            "console": bound.consoles[0],
            "consoles": bound.consoles,
            "data_dir": str(store.directory),
            "provinces": serving,
            "standing_aside": bound.aside,
            "startup_seconds": round(seconds, 2),
        }
        print(json.dumps(line), flush=True)
        return
    tokens = store.directory / "dev-tokens.json"
    text = f"gRPC     {bound.grpc}\nconsole  {'  '.join(bound.consoles)}\ndata     {store.directory}"
    if tokens.exists():
        text += f"\ntokens   {tokens} (development only 仅供开发)"
    title = f"{serving} provinces serve after {seconds:.1f} s 各省已就绪"
    if bound.aside:
        text += f"\naside    {', '.join(bound.aside)}: why is said above and in {store.logs / 'serve.log'}"
    if serving < len(store.identity.provinces):
        title = f"{serving} of {len(store.identity.provinces)} provinces serve after {seconds:.1f} s 部分省未服务"
    screen.print(Panel(text, title=title, expand=False))
