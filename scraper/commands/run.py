"""The command `run`: crawl the shops of a batch file."""

import argparse
from pathlib import Path

from scraper.commands.crawl import crawl_and_report
from scraper.commands.options import Commands, add_crawl_options, say
from scraper.crawl.batch_file import parse_shard, read_batch


def add_parser(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Add the parser of `run`."""
    parser = commands.add_parser("run", help="crawl the shops of a batch file; run again to resume")
    parser.add_argument(
        "batch", metavar="shops.toml", type=Path, help="the batch file; docs/examples/shops.toml shows every key"
    )
    parser.add_argument("--shard", metavar="I/N", help="only part I of N, by host, into a folder of its own")
    add_crawl_options(parser)
    parser.set_defaults(run=run, is_resumable=True)


def run(arguments: argparse.Namespace) -> bool:
    """Crawl the batch, or one shard of it, and return whether every shop gave something."""
    batch = read_batch(arguments.batch)
    if arguments.shard is not None:
        batch = parse_shard(arguments.shard).part_of(batch)
        if not batch.shops:
            say(f"note: no shop of {arguments.batch} falls into part {arguments.shard}")
    return crawl_and_report(batch.settings(), arguments)
