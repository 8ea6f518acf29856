"""A crawl of the demo mall, killed with -9 again and again, beside an undisturbed one.

    python -m benchmarks.crawl.kills [--kills 20] [--seed 7]

Counted in the shops' own access log: requests, those made again, and those that robots.txt forbids. A fetch may be
made again only where a kill found it in flight: it was the last request that its shop had seen. Kills come at seeded
random moments of the fetching, and three of the writing of the outputs.
"""

import argparse
import json
import random
import subprocess
import tempfile
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from protego import Protego
from rich.console import Console
from rich.table import Table

from benchmarks import record
from benchmarks.crawl.mall_process import ROOT, MallProcess
from demo.mall.catalogue import SHOPS
from kernel.files import TEMPORARY_PREFIX

KILLS_IN_REPORT = 3
FEED_SHOPS = ("harbor", "linden")
MAX_TRIES_IN_REPORT = 10
FEED_KILLS = 6
USER_AGENT = "CarryoverBot"
Request = tuple[str, str]  # shop, path


@dataclass(frozen=True)
class Killed:
    """Outcome of a killed crawl beside the undisturbed one."""

    kills: int
    kills_in_report: int
    undisturbed_requests: int
    requests: int
    repeated_fetches: int
    repeats_not_in_flight: int
    disallowed_requests: int
    products: int
    differing_products: int
    seconds: float


def measure(
    mall: MallProcess, folder: Path, *more: str, kills: int, in_report: int, seed: int,
    shops: tuple[str, ...] = SHOPS, rate: float = 300,
) -> Killed:  # fmt: skip
    """Crawl once undisturbed and once with kills, into `undisturbed` and `killed` of `folder`."""
    before = mall.num_requests()
    calm = mall.crawl(folder / "undisturbed", *more, shops=shops, rate=rate)
    middle = mall.num_requests()
    started = time.perf_counter()
    command = mall.crawl_command(folder / "killed", *more, shops=shops, rate=rate)
    dice = random.Random(seed)
    kills_at = [_kill_in_fetching(mall, command, dice, step) for step in _steps(dice, kills, middle - before)]
    kills_at += [_kill_in_report(mall, command, dice, folder / "killed") for _ in range(in_report)]
    found = mall.crawl(folder / "killed", *more, shops=shops, rate=rate)
    requests = mall.requests()
    counts = Counter(requests[middle:])
    in_flight = Counter(key for at in kills_at for key in _last_of_each_shop(requests[middle:at]))
    again = {key: count - 1 for key, count in counts.items() if count > 1}
    return Killed(
        kills=kills + in_report,
        kills_in_report=in_report,
        undisturbed_requests=middle - before,
        requests=len(requests) - middle,
        repeated_fetches=sum(again.values()),
        repeats_not_in_flight=sum(max(0, count - in_flight[key]) for key, count in again.items()),
        disallowed_requests=len(disallowed(mall, requests)),
        products=len(found),
        differing_products=sum(_timeless(found.get(url)) != _timeless(calm.get(url)) for url in calm | found),
        seconds=round(time.perf_counter() - started, 1),
    )


def _steps(dice: random.Random, kills: int, total: int) -> list[int]:
    """Return how many more requests each run may make before it is killed, nine tenths of the crawl in all."""
    shares = [dice.random() for _ in range(kills)]
    return [int(share / sum(shares) * total * 0.9) for share in shares]


def _kill_in_fetching(mall: MallProcess, command: list[str], dice: random.Random, step: int) -> int:
    """Kill a run some requests after it began and return how many requests there were by then."""
    target = mall.num_requests() + step
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    while mall.num_requests() < target:
        _must_run(process)
        time.sleep(0.005)
    time.sleep(dice.uniform(0, 0.05))
    return _kill(mall, process)


def _kill_in_report(mall: MallProcess, command: list[str], dice: random.Random, out: Path) -> int:
    """Kill a run after it has begun to write its outputs. A run that ends too soon is started again, and writes again.

    Raises RuntimeError where every run ends too soon.
    """
    for _ in range(MAX_TRIES_IN_REPORT):
        known = being_written(out)
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        while process.poll() is None and not being_written(out) - known:
            time.sleep(0.005)
        time.sleep(dice.uniform(0, 0.6))
        if process.poll() is None:
            return _kill(mall, process)
    raise RuntimeError(f"{MAX_TRIES_IN_REPORT} crawls ended with {process.returncode} before they could be killed")


def being_written(out: Path) -> set[Path]:
    """Return the temporary files of outputs in a crawl's folder, also those that earlier kills left behind."""
    return set(out.glob(f"{TEMPORARY_PREFIX}*"))


def _must_run(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is not None:
        raise RuntimeError(f"the crawl ended with {process.returncode} before it could be killed")


def _kill(mall: MallProcess, process: "subprocess.Popen[bytes]") -> int:
    _must_run(process)
    process.kill()
    process.wait()
    time.sleep(0.1)  # what was on its way to the shops has reached them
    while mall.is_answering():
        time.sleep(0.01)
    return mall.num_requests()


def _last_of_each_shop(requests: list[Request]) -> set[Request]:
    return set({shop: (shop, path) for shop, path in requests}.values())


def _timeless(product: dict | None) -> dict | None:
    return product and {name: value for name, value in product.items() if name != "fetchedAt"}


def disallowed(mall: MallProcess, requests: list[Request]) -> list[Request]:
    """Return the requests that the shops' robots.txt forbids, checked here and not by the scraper."""
    rules = {}
    for shop, port in mall.ports.items():
        address = urllib.request.Request(f"http://127.0.0.1:{port}/robots.txt")
        with urllib.request.urlopen(address, timeout=10) as answer:
            rules[shop] = Protego.parse(answer.read().decode())
    own = [key for key in requests if key[0] in rules]
    return [(shop, path) for shop, path in own if not rules[shop].can_fetch(mall.url(shop, path), USER_AGENT)]


def main() -> int:
    """Print the table and write results/crawl_kills.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="carryover-kills-") as scratch,
        MallProcess(Path(scratch), arguments.seed) as mall,
    ):
        in_fetching = max(0, arguments.kills - KILLS_IN_REPORT)
        results = {
            "pages": measure(mall, Path(scratch) / "pages", "--feeds", "off", kills=in_fetching,
                             in_report=arguments.kills - in_fetching, seed=arguments.seed),
            "feeds": measure(mall, Path(scratch) / "feeds", "--pages", "never", kills=FEED_KILLS, in_report=0,
                             seed=arguments.seed, shops=FEED_SHOPS, rate=10),
        }  # fmt: skip
    table = Table(title="The demo mall, crawled with kills -9", title_justify="left")
    names = list(vars(results["pages"]))
    table.add_column("")
    for kind in results:
        table.add_column(kind, justify="right")
    for name in names:
        table.add_row(name.replace("_", " "), *(str(getattr(result, name)) for result in results.values()))
    Console().print(table)
    runs = {kind: {_camel(name): value for name, value in vars(one).items()} for kind, one in results.items()}
    result = {**record.environment("requests", "lxml", "Protego"), "seed": arguments.seed, "crawls": runs}
    print(f"written: {record.write('crawl_kills', json.loads(json.dumps(result)))}")
    return int(any(one.differing_products or one.repeats_not_in_flight or one.disallowed_requests
                   for one in results.values()))  # fmt: skip


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


if __name__ == "__main__":
    raise SystemExit(main())
