"""Command line of the demo: `mall`, `run`, `site` and `shoppers`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from demo.errors import DemoError, UsageError
from demo.mall import shoppers


def _ports(text: str) -> tuple[int, ...]:
    try:
        ports = tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(f"--ports wants three numbers such as 8701,8702,8703, got {text!r}.") from error
    if len(ports) != 3 or len(set(ports)) != 3 or not all(0 < port < 65536 for port in ports):
        raise UsageError(f"--ports wants three different numbers from 1 to 65535, got {text!r}.")
    return ports


def _say(text: str) -> None:
    print(text, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m demo", description="A mall of three local shops, and everything around it."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    mall = commands.add_parser("mall", help="serve the three shops")
    mall.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    mall.add_argument("--ports", default="8701,8702,8703", help="one port per shop (default 8701,8702,8703)")
    mall.add_argument("--seed", type=int, default=7, help="which products there are (default 7)")
    mall.add_argument("--access-log", type=Path, help="write one JSON line per request to this file")
    run = commands.add_parser("run", help="crawl, build, ingest and serve everything, then open the try page")
    run.add_argument("--seed", type=int, default=7, help="which products there are (default 7)")
    run.add_argument("--var", type=Path, default=Path("var"), help="folder for everything produced (default ./var)")
    site = commands.add_parser("site", help="write the try page as plain files, for any static host")
    site.add_argument("--seed", type=int, default=7, help="which products there are (default 7)")
    site.add_argument("--var", type=Path, default=Path("var"), help="folder for everything produced (default ./var)")
    shoppers.add_arguments(commands.add_parser("shoppers", help="simulate shoppers of the mall, to train on"))
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return 0 on success, 1 on failure, 2 on bad usage, 130 on Ctrl-C."""
    arguments = _parser().parse_args(argv)
    try:
        if arguments.command == "mall":
            from demo.mall.server import serve_mall  # noqa: PLC0415 - `run` must start without loading the drawing code

            serve_mall(arguments.host, _ports(arguments.ports), arguments.seed, arguments.access_log, _say)
        elif arguments.command == "shoppers":
            shoppers.run(arguments)
        else:
            from demo.runner.run import build_site, run_everything  # noqa: PLC0415 - as above
            from demo.runner.steps import Ports  # noqa: PLC0415

            command = build_site if arguments.command == "site" else run_everything
            command(arguments.var, arguments.seed, Ports(), _say)
    except DemoError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
