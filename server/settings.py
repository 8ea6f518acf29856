"""Settings of the server, each declared once: name, default, help; the unit is in the name."""
# ruff: noqa: RUF009 (_setting returns dataclasses.field, which satisfies the rule)

import argparse
import ipaddress
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from kernel.paths import ROOT
from server.errors import SettingsError

ENVIRONMENT_PREFIX = "CARRYOVER_"
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
MIN_TOKEN_CHARS = 16
DEFAULT_BITS = 4  # a number of a pack's vectors
DEFAULT_CLUSTERS = 16

Command = Literal[
    "run",
    "ingest",
    "pack",
    "clusters",
    "pair",
    "token",
    "rotate-keys",
    "check",
    "repair",
    "events",
    "experiment",
    "bundle",
]


def _integer(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,12}", text.strip()):
        raise ValueError("expected a whole number")
    return int(text)


def _truth(text: str) -> bool:
    if text.strip().lower() not in ("true", "false"):
        raise ValueError("expected true or false")
    return text.strip().lower() == "true"


def _number(text: str) -> float:
    if not re.fullmatch(r"[0-9]{0,12}\.?[0-9]{1,12}", text.strip()):
        raise ValueError("expected a number")
    return float(text)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in re.split(r"[\s,]+", text.strip()) if word)


def _setting(  # one place where a declaration becomes a field
    default: object,
    help_text: str,
    parse: Callable[[str], Any],
    *,
    flag: str | None = None,
    commands: Sequence[Command] = ("run",),
    secret: bool = False,
) -> Any:
    metadata = {"help": help_text, "parse": parse, "flag": flag, "commands": tuple(commands), "secret": secret}
    return field(default=default, metadata=metadata, repr=not secret)


BOTH: tuple[Command, ...] = ("run", "ingest", "bundle")
ALL: tuple[Command, ...] = ("run", "ingest", "pack", "clusters")
EVERY: tuple[Command, ...] = (*ALL, "pair", "token", "rotate-keys", "check", "repair", "events", "experiment", "bundle")


@dataclass(frozen=True)
class Settings:
    """Settings of the server: built once at the edge, validated, and passed down."""

    data_dir: Path = _setting(
        Path("var/server"), "directory of the catalogue and the index snapshots", Path, flag="--data", commands=EVERY
    )
    bundle_dir: Path = _setting(
        Path("var/bundles/lite"), "bundle directory (holds manifest.json)", Path, flag="--bundle", commands=ALL
    )
    trusted_keys: Path | None = _setting(
        None,
        "file of public keys, one of which must have signed the bundle",
        Path,
        commands=(*ALL, "bundle"),
    )
    host: str = _setting("127.0.0.1", "address to listen on", str)
    port: int = _setting(8710, "port to listen on", _integer)
    workers: int = _setting(2, "worker processes, which share one copy of the shops", _integer)
    threads_per_worker: int = _setting(1, "requests one worker handles at a time", _integer)
    search_threads: int = _setting(2, "searches one worker answers at a time", _integer)
    trusted_hosts: tuple[str, ...] = _setting(
        (), "host name a request may be addressed to, besides loopback names and --host", _words, flag="--trusted-host"
    )
    allow_origins: tuple[str, ...] = _setting(
        (), "web origin that may call every route, such as http://localhost:8700", _words, flag="--allow-origin"
    )
    allow_extensions: tuple[str, ...] = _setting(
        (), "id of a browser extension that may pair; with it no other extension may call", _words,
        flag="--allow-extension",
    )  # fmt: skip
    operator_token: str | None = _setting(
        None, "operator's token with every scope, beside those of `token make`; environment only", str, secret=True
    )
    operator_token_file: Path | None = _setting(None, "file whose first line is the operator's token", Path)
    requests_per_second: int = _setting(
        100, "requests of one other machine, one token and one paired browser, to each worker; ten times as many at"
        " once; 0: no limit", _integer,
    )  # fmt: skip
    trusted_proxies: tuple[str, ...] = _setting(
        (), "address or network of a reverse proxy whose X-Forwarded-For is believed", _words, flag="--trusted-proxy"
    )
    http2: bool = _setting(False, "also speak HTTP/2 without TLS, for a reverse proxy that does", _truth)
    max_body_bytes: int = _setting(8 * 2**20, "largest request body", _integer)
    max_bodies_bytes: int = _setting(64 * 2**20, "request bodies that one worker holds at a time", _integer)
    body_timeout_seconds: int = _setting(20, "longest time for a request's whole body to arrive", _integer)
    poll_interval_ms: int = _setting(200, "how often a worker looks for changes in the catalogue", _integer)
    exact_max_items: int = _setting(
        200_000, "shops up to this many items are scanned exactly and have no index file", _integer, commands=BOTH
    )
    delta_max_items: int = _setting(
        2000, "items outside a shop's snapshot before a new one is made", _integer, commands=BOTH
    )
    resolve: tuple[str, ...] = _setting(
        (), "HOST:ADDR, fetch this host's images from this address, and allow it even if private", _words,
        commands=BOTH,
    )  # fmt: skip
    image_threads: int = _setting(8, "images fetched at a time", _integer, commands=BOTH)
    image_processes: int = _setting(
        2, "processes that decode images, one at a time each, of limited memory", _integer, commands=BOTH
    )
    image_timeout_seconds: int = _setting(10, "longest time for one image", _integer, commands=BOTH)
    image_max_bytes: int = _setting(10 * 2**20, "largest image file", _integer, commands=BOTH)
    image_max_pixels: int = _setting(40_000_000, "largest image, width times height", _integer, commands=BOTH)
    events_days: int = _setting(30, "whole days for which events are kept one by one, then only their sums", _integer)
    events_max_bytes: int = _setting(256 * 2**20, "what events and their sums may fill; more are refused", _integer)
    diversity: float = _setting(0.2, "diversity of requests that name none and are in no experiment, 0 to 1", _number)
    batch_size: int = _setting(64, "products embedded and committed together", _integer, commands=("ingest", "bundle"))

    def __post_init__(self) -> None:
        for name, low, high in _RANGES:
            value = getattr(self, name)
            if not low <= value <= high:
                raise SettingsError(f"{name} must be from {low} to {high}, got {value}")
        for origin in self.allow_origins:
            if not re.fullmatch(r"(https?|chrome-extension|moz-extension)://[^/\s*]+", origin):
                raise SettingsError(f"allow_origins: expected scheme://host[:port] without a path, got {origin!r}")
        for extension in self.allow_extensions:
            if not re.fullmatch(r"[a-p]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", extension):
                raise SettingsError(f"allow_extensions: expected an id as the browser shows it, got {extension!r}")
        self.proxy_networks()
        if self.operator_token is not None:
            _check_token(self.operator_token, "operator_token")
        self.pinned_hosts()

    def proxy_networks(self) -> tuple[Network, ...]:
        """Return the networks of the proxies that are trusted."""
        try:
            return tuple(ipaddress.ip_network(text, strict=False) for text in self.trusted_proxies)
        except ValueError as error:
            raise SettingsError(
                f"trusted_proxies: expected an address, or a network like 10.0.0.0/8: {error}"
            ) from error

    def pinned_hosts(self) -> dict[str, str]:
        """Return host name -> address, from `resolve`."""
        pins = {}
        for pin in self.resolve:
            host, colon, address = pin.partition(":")
            if not (host and colon and address):
                raise SettingsError(f"resolve: expected HOST:ADDR such as harbor.localhost:127.0.0.1, got {pin!r}")
            pins[host.lower()] = address.strip("[]")
        return pins

    def read_operator_token(self) -> str | None:
        """Return the operator token, from the environment or its file; None if writes over HTTP are off."""
        if self.operator_token is not None or self.operator_token_file is None:
            return self.operator_token
        try:
            lines = self.operator_token_file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"operator_token_file: cannot read {self.operator_token_file}: {error}") from error
        token = lines[0].strip() if lines else ""
        _check_token(token, f"operator_token_file {self.operator_token_file}")
        return token


_RANGES = (
    ("port", 1, 65535),
    ("workers", 1, 64),
    ("threads_per_worker", 1, 64),
    ("requests_per_second", 0, 1_000_000),
    ("search_threads", 1, 64),
    ("max_body_bytes", 1024, 2**30),
    ("max_bodies_bytes", 1024, 2**36),
    ("body_timeout_seconds", 1, 600),
    ("poll_interval_ms", 10, 60_000),
    ("exact_max_items", 0, 10_000_000),
    ("delta_max_items", 1, 10_000_000),
    ("image_threads", 1, 256),
    ("image_processes", 1, 256),
    ("image_timeout_seconds", 1, 600),
    ("image_max_bytes", 1024, 2**30),
    ("image_max_pixels", 1024, 10**9),
    ("events_days", 1, 366),
    ("events_max_bytes", 2**20, 2**40),
    ("diversity", 0, 1),
    ("batch_size", 1, 4096),
)


def _check_token(token: str, where: str) -> None:
    if len(token) < MIN_TOKEN_CHARS or not token.isascii() or not token.isprintable() or " " in token:
        raise SettingsError(
            f"{where}: expected at least {MIN_TOKEN_CHARS} printable ASCII characters without spaces, "
            f"got {len(token)} characters; make one with: openssl rand -hex 32"
        )


def environment_name(setting: str) -> str:
    """Return the environment variable of a setting."""
    return ENVIRONMENT_PREFIX + setting.upper()


def flag_of(setting: Field[Any]) -> str:
    """Return the command-line flag of a setting."""
    return setting.metadata["flag"] or "--" + setting.name.replace("_", "-")


def add_flags(parser: argparse.ArgumentParser, command: Command) -> None:
    """Add a flag for every setting of `command`; an omitted flag stays absent from the namespace."""
    for setting in fields(Settings):
        if command not in setting.metadata["commands"] or setting.metadata["secret"]:
            continue
        default = " ".join(setting.default) if isinstance(setting.default, tuple) else setting.default
        shown = "none" if default in ("", None) else "false" if default is False else default
        text = f"{setting.metadata['help']} [{environment_name(setting.name)}; default: {shown}]".replace("%", "%%")
        if isinstance(setting.default, bool):
            parser.add_argument(
                flag_of(setting), dest=setting.name, action="store_const", const="true", default=argparse.SUPPRESS,
                help=text,
            )  # fmt: skip
            continue
        action = "append" if isinstance(setting.default, tuple) else "store"
        parser.add_argument(
            flag_of(setting), dest=setting.name, action=action, default=argparse.SUPPRESS, help=text,
            metavar=setting.name.rsplit("_", 1)[-1].upper(),
        )  # fmt: skip


def settings_from(flags: Mapping[str, str | list[str] | None], environment: Mapping[str, str]) -> Settings:
    """Return settings from flags first, then CARRYOVER_* variables, then defaults."""
    known = {environment_name(setting.name): setting for setting in fields(Settings)}
    values: dict[str, Any] = {}
    for name, text in environment.items():
        if name in known:
            values[known[name].name] = _parse(known[name], text, name)
    for setting in fields(Settings):
        given = flags.get(setting.name)
        if given is not None:
            text = ",".join(given) if isinstance(given, list) else given
            values[setting.name] = _parse(setting, text, flag_of(setting))
    return Settings(**values)


def environment_from(settings: Settings) -> dict[str, str]:
    """Return `settings` as CARRYOVER_* variables, for the command's worker processes."""
    environment = {}
    for setting in fields(Settings):
        value = getattr(settings, setting.name)
        if value is not None:
            text = ",".join(value) if isinstance(value, tuple) else str(value)
            environment[environment_name(setting.name)] = text
    return environment


def child_environment(settings: Settings) -> dict[str, str]:
    """Return the environment of a process that works beside the workers: they alone know the operator's token."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, **environment_from(settings), "PYTHONPATH": os.pathsep.join(paths)}
    environment.pop(environment_name("operator_token"), None)
    return environment


def _parse(setting: Field[Any], text: str, source: str) -> Any:
    try:
        return setting.metadata["parse"](text)
    except ValueError as error:
        raise SettingsError(f"{source}: {error}, got {text!r}") from error
