"""The tables of docs that are made of results: towers_*, fashion_retrieval, same_product, serving*.

    python -m benchmarks.tables [--check]

The lines between `<!-- NAME -->` and `<!-- /NAME -->` are replaced: in docs/benchmarks.md, and every row and slice of
towers in docs/benchmarks-towers.md. With --check nothing is written, and the exit code is 1 where a page is stale.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

from benchmarks.documents import (
    ProtocolResult,
    RetrievalRow,
    Slices,
    Spread,
    SpreadInterval,
    TowerRow,
    TowersResult,
    Verdict,
)
from benchmarks.record import RESULTS

DOCS = Path(__file__).parent.parent / "docs"
UNSEEN = ("products", "categories")
CEILING = "planted_taste"  # of simulated shoppers: no method
TITLES = {
    "both": "training users shop in A and B",
    "both_by_brand": "the same, whole brands going to A or to B",
    "new_shop": "nobody has ever been in B",
    "new_shop_by_brand": "the same, whole brands going to A or to B",
    "cold_items": "every fifth item is new, everything is ranked",
    "department": "history in one department, choices in the other, of the users who are in both",
}
HEADS = (
    "row",
    "NDCG@10 ± sd (95 %)",
    "without near clones",
    "recall@10",
    "MRR@10",
    "seeds",
    "best epochs",
    "fit, s",
    "score 1,000 users, s",
    "beside the best baseline",
)
SLICES = ("history_length", "target_temperature", "target_popularity", "missing")
Column = tuple[str, str, int]  # a slice: its kind, name and users
PREFIXES = {"history_length": "history ", "missing": "no "}


def main(argv: Sequence[str] | None = None) -> int:
    """Write the tables, or check them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tables", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit code 1 where a page is stale")
    arguments = parser.parse_args(argv)
    stale = False
    for name, mark, lines_of in TABLES:
        before = (DOCS / name).read_text("utf-8")
        after = with_table(before, mark, lines_of(RESULTS))
        if before != after and arguments.check:
            print(f"docs/{name} is stale: run python -m benchmarks.tables", file=sys.stderr)
            stale = True
        elif before != after:
            (DOCS / name).write_text(after, "utf-8")
    return int(stale)


def with_table(page: str, mark: str, lines: Iterable[str]) -> str:
    """Return the page with these lines between its marks."""
    start, end = f"<!-- {mark} -->\n", f"<!-- /{mark} -->"
    head, _, rest = page.partition(start)
    _, found, tail = rest.partition(end)
    if not found:
        raise ValueError(f"expected {start.strip()} and {end} in the page")
    return "".join([head, start, "\n", *(f"{line}\n" for line in lines), end, tail])


def overview(results: Path) -> Iterator[str]:
    """Yield a table with a line for each protocol of each data set."""
    yield "| NDCG@10 (95 %) of | best baseline | best tower | against the baseline | `stack` | against the baseline |"
    yield "|---|---|---|---|---|---|"
    for each in _towers(results):
        for protocol in _in_order(each["protocols"]):
            rows = each["protocols"][protocol]["rows"]
            baseline = next(row for row in rows if _beside(rows[row]) is None and row != CEILING)
            tower = next((row for row in rows if _beside(rows[row]) and row != "stack"), None)
            cells = [f"`{name}` {_short_value(rows[name])}" if name else "–" for name in (baseline, tower)]
            stack = _short_value(rows["stack"]) if "stack" in rows else "–"
            cells += [_verdict(rows.get(tower or "")), stack, _verdict(rows.get("stack"))]
            yield f"| {each['data']}, `{protocol}` | {' | '.join(cells)} |"
    yield ""


def details(results: Path) -> Iterator[str]:
    """Yield every protocol's rows and slices."""
    for each in _towers(results):
        for protocol in _in_order(each["protocols"]):
            yield from _protocol(each["data"], protocol, each["protocols"][protocol])


def retrieval(results: Path) -> Iterator[str]:
    """Yield the retrieval figures of text to image, image to text and product to product."""
    rows = json.loads((results / "fashion_retrieval.json").read_text("utf-8"))["rows"]
    for way in ("text_to_image", "image_to_text"):
        galleries = list(dict.fromkeys(key.split()[1] for row in rows.values() for key in _keys(row, way)))
        yield f"| {way.replace('_to_', '→')} | seeds | {' | '.join(_gallery_head(gallery) for gallery in galleries)} |"
        yield "|---" * (2 + len(galleries)) + "|"
        for name, row in rows.items():
            if _keys(row, way):
                cells = [_gallery(row["over_seeds"], f"{way} {gallery}") for gallery in galleries]
                yield f"| `{name}` | {len(row['runs'])} | {' | '.join(cells)} |"
        yield ""
    yield "| of the ten nearest | same type | same colour | AvgMeanSimilarity@5 | training, s |"
    yield "|---|---|---|---|---|"
    for name, row in rows.items():
        runs = row["runs"].values()
        space = next(each for each in ("both", "image", "text") if each in next(iter(runs))["neighbours"])
        similar = [run["avg_mean_similarity@5"][space] for run in runs]
        seconds = [run["seconds"]["train"] for run in runs]
        cells = [_spread(row["over_seeds"][f"neighbours {space} {column}"]) for column in ("articleType", "baseColour")]
        yield f"| `{name}` | {' | '.join(cells)} | {_short(_mean(similar), 3)} | {_mean(seconds):.0f} |"
    yield ""


def same_product(results: Path) -> Iterator[str]:
    """Yield how often another shop's offer of the same product is found, by encoders as published and trained."""
    found = json.loads((results / "same_product.json").read_text("utf-8"))
    yield "| data | method | recall@1 / @5 / @10 | hit rate@1 / @10 | MRR | NDCG@10 |"
    yield "|---|---|---|---|---|---|"
    asked = found["whole"] | {f"PriceRunner, unseen {name}": found["held_out"][name] for name in UNSEEN}
    for data, rows in asked.items():
        for row, said in rows.items():
            value = {metric: _spread(each) for metric, each in said.items()}
            recalls = " / ".join(value[f"recall@{k}"] for k in (1, 5, 10))
            hits = " / ".join(value[f"hit_rate@{k}"] for k in (1, 10))
            yield f"| {data} | {row.replace('_', ' ')} | {recalls} | {hits} | {value['mrr']} | {value['ndcg@10']} |"
    yield ""


def transfer(results: Path) -> Iterator[str]:
    """Yield the figures on all goods of heads trained on some."""
    found = json.loads((results / "same_product.json").read_text("utf-8"))["transfer"]
    yield "| trained on | PriceRunner, MRR | Walmart-Amazon, MRR | fashion, same type of ten | same colour |"
    yield "|---|---|---|---|---|"
    for trained_on, asked in found.items():
        metrics = [asked[name]["mrr"] for name in ("pricerunner", "walmart_amazon")]
        metrics += [asked["fashion"][f"same_{column}@10"] for column in ("type", "colour")]
        yield f"| {trained_on} | {' | '.join(map(_spread, metrics))} |"
    yield ""


def serving(results: Path) -> Iterator[str]:
    """Yield the contestants of the serving benchmark at each size, what their servers need, and the ratios."""
    for path in sorted(results.glob("serving*.json")):
        found = json.loads(path.read_text("utf-8"))
        if "contestants" not in found:
            continue
        load = f"{found['loadAverageAtStart'][0]} to {found['loadAverageAtEnd'][0]}"
        yield f"### {found['items']:,} items"
        yield ""
        yield f"The load average was {load}."
        yield ""
        yield "| | p50 ms | p99 ms | CPU µs a request | requests/s at eight connections | recall@10 |"
        yield "|---|---|---|---|---|---|"
        for name, row in found["contestants"].items():
            cells = [_between(row.get(figure)) for figure in ("p50Ms", "p99Ms", "cpuUs", "requestsPerSecond")]
            recall = row.get("recallAt10", "–")
            yield f"| {name} | {' | '.join(cells)} | {recall} |"
        yield ""
        yield "| of one round | p50 | p99 | requests/s |"
        yield "|---|---|---|---|"
        for name, ratio in found["ratios"].items():
            yield f"| {name} | {' | '.join(_between(ratio.get(of)) for of in ('p50', 'p99', 'requestsPerSecond'))} |"
        yield ""
        yield "| memory, MB | all | of it anonymous |"
        yield "|---|---|---|"
        for name, memory in found["memoryMb"].items():
            yield f"| {name} | {memory['all']:.0f} | {memory['anonymous']:.0f} |"
        yield ""
        start, clean = found["start"], found["cleanDisk"]
        yield (
            f"Ready {start['readySeconds']} s after the start, {start['coldSeconds']} s where nothing of the disk is "
            f"in memory; the probes alone take {start['probesSeconds']} s. From an empty directory to the first "
            f"right answer with {clean['items']:,} given vectors: {clean['seconds']} s, of which writing them takes "
            f"{clean['fillSeconds']} s."
        )
        yield ""


def index_sweep(results: Path) -> Iterator[str]:
    """Yield a line for each pair of index parameters and `ef`."""
    rows = _sweep(results).get("sweep", [])
    yield "| data | M | ef_construction | build s | file MB | ef | recall@10 | p50 ms |"
    yield "|---|---|---|---|---|---|---|---|"
    for row in rows:
        names = ("data", "M", "efConstruction", "buildSeconds", "fileMb", "ef", "recallAt10", "p50Ms")
        yield f"| {' | '.join(str(row[name]) for name in names)} |"
    yield ""


def crossing(results: Path) -> Iterator[str]:
    """Yield a line for each size of a shop: the scan, and the index at the `ef` that it chooses."""
    yield "| items | scan, p50 ms | index, p50 ms | its `ef` | build s |"
    yield "|---|---|---|---|---|"
    for row in _sweep(results).get("crossing", []):
        yield f"| {row['rows']:,} | {row['scanMs']} | {row['indexMs']} | {row['ef']} | {row['buildSeconds']} |"
    yield ""


def _sweep(results: Path) -> Mapping[str, list[Mapping[str, float]]]:
    path = results / "serving_sweep.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


TABLES: tuple[tuple[str, str, Callable[[Path], Iterable[str]]], ...] = (
    ("benchmarks.md", "towers", overview),
    ("benchmarks-towers.md", "towers", details),
    ("benchmarks.md", "fashion_retrieval", retrieval),
    ("benchmarks.md", "same_product", same_product),
    ("benchmarks.md", "transfer", transfer),
    ("benchmarks.md", "serving", serving),
    ("index-parameters.md", "sweep", index_sweep),
    ("index-parameters.md", "crossing", crossing),
)


def _towers(results: Path) -> list[TowersResult]:
    return [json.loads(path.read_text("utf-8")) for path in sorted(results.glob("towers_*.json"))]


def _in_order(protocols: Iterable[str]) -> Sequence[str]:
    return sorted(protocols, key=list(TITLES).index)


def _protocol(data: str, protocol: str, found: ProtocolResult) -> Iterator[str]:
    about, rows = found["about"], found["rows"]
    sizes = (
        f"{about['test_users']:,} test users, {about['candidates']:,} candidates, "
        f"{about['train_interactions']:,} training interactions"
    )
    yield f"### {data}, `{protocol}`: {TITLES[protocol]}"
    yield ""
    clones = f"{about['test_users_with_near_clone']:,} test users have a near clone among the training users"
    yield f"{sizes}; {clones}; data {about['data_hash'][:12]}."
    yield ""
    yield f"| {' | '.join(HEADS)} |"
    yield "|---" * len(HEADS) + "|"
    chance = (
        [row for row in rows if row != "random" and rows[row]["test"] == rows["random"]["test"]]
        if ("random" in rows)
        else []
    )
    for row, each in rows.items():
        if row not in chance:
            yield _row(row, each)
    yield ""
    if chance:
        yield f"As `random`, because they know only the shop itself: {', '.join(f'`{row}`' for row in chance)}."
        yield ""
    yield from _slices({row: each for row, each in rows.items() if row not in chance})


def _row(row: str, each: TowerRow) -> str:
    test = each["test"]
    cells = [
        f"`{row}`",
        _value(test["ndcg@10"]),
        _short(each["without_near_clones"]["ndcg@10"]["mean"], 4),
        _short(test["recall@10"]["mean"], 3),
        _short(test["mrr@10"]["mean"], 3),
        str(len(each["seeds"])),
        ", ".join(map(str, each.get("best_epochs", []))) or "–",
        f"{each['fit_seconds']:.0f}",
        f"{each['score_seconds_per_1000_users']:.2f}",
        _verdict(each),
    ]
    return f"| {' | '.join(cells)} |"


def _beside(each: TowerRow | None) -> Verdict | None:
    """Return how a tower compares with the best baseline; None for a baseline."""
    return each.get("against_best_baseline") if each else None


def _verdict(each: TowerRow | None) -> str:
    beside = _beside(each)
    return f"{beside['verdict']} ({beside['mean']:+z.4f})" if beside else "–"


def _slices(rows: Mapping[str, TowerRow]) -> Iterator[str]:
    """Yield a table of NDCG@10 by slice of the test users, or of the data that is missing, and one by truncation."""
    of_row: dict[str, Slices] = {
        row: next((cast(Slices, found) for key, found in each.items() if key.startswith("slices_of_seed")), {})
        for row, each in rows.items()
    }
    columns = _columns(of_row, SLICES)
    heads = [f"{PREFIXES.get(kind, '')}{name} ({users:,})" for kind, name, users in columns]
    yield from _slice_table(of_row, columns, ["NDCG@10 of (users)", *heads])
    columns = _columns(of_row, ["truncated"])
    users = max((users for _, _, users in columns), default=0)
    heads = [name for _, name, _ in columns]
    yield from _slice_table(of_row, columns, [f"NDCG@10 of the same {users:,} users, by their likes", *heads])


def _columns(of_row: Mapping[str, Slices], kinds: Sequence[str]) -> list[Column]:
    """Return the columns that any row has; "missing" exists only for rows that read items."""
    found = (
        (kind, name, int(entry["users"]))
        for kind in kinds
        for slices in of_row.values()
        for name, entry in slices.get(kind, {}).items()
    )
    return list(dict.fromkeys(found))


def _slice_table(of_row: Mapping[str, Slices], columns: Sequence[Column], heads: Sequence[str]) -> Iterator[str]:
    """Yield a line for each row that has a value; nothing where no row has one."""
    values = {row: [_ndcg(slices, kind, name) for kind, name, _ in columns] for row, slices in of_row.items()}
    shown = {row: found for row, found in values.items() if any(value is not None for value in found)}
    if not shown:
        return
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for row, found in shown.items():
        yield f"| `{row}` | {' | '.join('–' if value is None else _short(value, 4) for value in found)} |"
    yield ""


def _ndcg(slices: Slices, kind: str, name: str) -> float | None:
    found = slices.get(kind, {}).get(name)
    return float(found["ndcg@10"][0]) if found and "ndcg@10" in found else None


def _value(metric: SpreadInterval) -> str:
    spread = f" ± {_short(metric['sd'], 4)}" if metric["sd"] is not None else ""
    return f"{_short(metric['mean'], 4)}{spread} ({_short(metric['low'], 4)}–{_short(metric['high'], 4)})"


RETRIEVED = ("recall@1", "recall@5", "recall@10", "mrr", "ndcg@10")


def _keys(row: RetrievalRow, way: str) -> list[str]:
    return [key for key in row["over_seeds"] if key.startswith(way)]


def _gallery_head(gallery: str) -> str:
    return f"{', '.join(RETRIEVED)} of {int(gallery):,}".replace("mrr", "MRR").replace("ndcg", "NDCG")


def _gallery(over_seeds: Mapping[str, Spread], prefix: str) -> str:
    return ", ".join(_spread(over_seeds[f"{prefix} {metric}"]) for metric in RETRIEVED)


def _spread(found: Spread) -> str:
    spread = f" ± {_short(found['sd'], 3)}" if found["sd"] is not None else ""
    return f"{_short(found['mean'], 3)}{spread}"


def _between(found: Mapping[str, float] | None) -> str:
    """Return a median with the least and the greatest value."""
    if found is None:
        return "–"
    digits = 0 if found["median"] >= 100 else 2
    return f"{found['median']:.{digits}f} ({found['min']:.{digits}f}–{found['max']:.{digits}f})"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _short_value(each: TowerRow) -> str:
    metric = each["test"]["ndcg@10"]
    return f"{_short(metric['mean'], 4)} ({_short(metric['low'], 4)}–{_short(metric['high'], 4)})"


def _short(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".removeprefix("0")


if __name__ == "__main__":
    sys.exit(main())
