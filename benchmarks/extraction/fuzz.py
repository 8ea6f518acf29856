"""Both extractors against broken and hostile pages: no crash, no endless page, and every answer fits the schema.

    python -m benchmarks.extraction.fuzz [--inputs 20000] [--seed 0] [--no-javascript]

Pages are made from contracts/vectors/pages by seeded changes (mutate.py beside this file). An input fails when an
extractor raises, takes more than ten seconds, answers what product.schema.json refuses, or (Python) does not come
back whole from the wire. Failing inputs are kept in var/fuzz/. The result also says how often both languages gave the
same Product: they parse broken HTML with different parsers, so that not every difference is an error. Where jsdom
itself does not end within a minute, the page is counted as given up by the parser.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NotRequired, TypedDict

import jsonschema

from benchmarks import record
from benchmarks.extraction.mutate import mutated
from kernel import contract_types
from kernel.progress import CountProgress
from scraper import Product, extract_product

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "contracts/vectors/pages"
KEPT = ROOT / "var/fuzz"
LIMIT_S = 10
PARSER_LIMIT_S = 60
BATCH = 200
URL = "https://www.shop.example/p/fuzz-12345?sku=A-1"


class FuzzResult(TypedDict):
    """Counts of a run; the last two only where JavaScript ran, too."""

    inputs: int
    seed: int
    failures: dict[str, int]
    verdicts: dict[str, int]
    slowestPythonSeconds: float
    sameInBothLanguages: NotRequired[float]
    givenUpByParser: NotRequired[int]


class TooSlowError(Exception):
    """An extractor did not answer in time."""


def seeds() -> list[str]:
    """Return the vector pages."""
    return [path.read_text("utf-8", errors="replace") for path in sorted(PAGES.glob("*.html"))]


def problem_in_python(html: str, schema: Any) -> tuple[contract_types.Product | None, str | None]:
    """Return the wire Product and the problem with it, None where there is none."""
    signal.alarm(LIMIT_S)
    try:
        product = extract_product(html, URL)
        wire = json.loads(json.dumps(product.to_wire()))
        error = next(schema.iter_errors(wire), None)
        if error is not None:
            return wire, f"schema: {error.message[:200]}"
        return wire, None if Product.from_wire(wire) == product else "does not come back from the wire"
    except TooSlowError:
        return None, f"more than {LIMIT_S} s"
    except Exception as error:  # noqa: BLE001  # any crash is what is looked for
        return None, f"{type(error).__name__}: {str(error)[:200]}"
    finally:
        signal.alarm(0)


def _raise_too_slow(_signal: int, _frame: FrameType | None) -> None:
    raise TooSlowError


class JavaScript:
    """The extension's extractor in one Node process, a line in and a line out; started anew after a page that hangs."""

    def __init__(self) -> None:
        self.given_up_by_parser = 0
        self._process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        command = ["node", str(Path(__file__).with_name("fuzz_pages.mjs"))]
        return subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def answer(self, html: str) -> tuple[contract_types.Product | None, str | None]:
        """Return the wire Product and the problem with it, None where there is none."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            return None, "no pipe"
        is_parsed = False
        signal.alarm(PARSER_LIMIT_S)
        try:
            stdin.write(json.dumps({"html": html, "url": URL}) + "\n")
            stdin.flush()
            is_parsed = bool(stdout.readline())
            signal.alarm(LIMIT_S)
            line = stdout.readline()
        except TooSlowError:
            self._process.kill()
            self._process.wait()
            self._process = self._start()
            self.given_up_by_parser += not is_parsed
            return None, f"more than {LIMIT_S} s" if is_parsed else None
        finally:
            signal.alarm(0)
        if not line:
            code = self._process.wait()
            self._process = self._start()
            return None, f"process ended with {code}"
        answer = json.loads(line)
        return answer.get("product"), answer.get("problem")

    def close(self) -> None:
        """End the process."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()


def inputs(count: int, seed: int) -> Iterator[str]:
    """Yield `count` pages made with a seed."""
    rng = random.Random(seed)
    pages = seeds()
    for _ in range(count):
        # A lone surrogate cannot stand in a file or a request, so no page holds one.
        yield mutated(pages, rng).encode("utf-8", "replace").decode("utf-8")


def main() -> int:
    """Try the inputs, keep what fails, print and write the counts."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.extraction.fuzz", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-javascript", action="store_true")
    arguments = parser.parse_args()
    schema = jsonschema.Draft202012Validator(json.loads((ROOT / "contracts/product.schema.json").read_text("utf-8")))
    signal.signal(signal.SIGALRM, _raise_too_slow)
    javascript = None if arguments.no_javascript else JavaScript()
    result = _try_all(arguments.inputs, arguments.seed, schema, javascript)
    if javascript:
        javascript.close()
    print(json.dumps(result, indent=1))
    print(f"written: {record.write('fuzz', {**record.environment('lxml', 'beautifulsoup4'), **result})}")
    return 1 if result["failures"] else 0


def _try_all(count: int, seed: int, schema: Any, javascript: JavaScript | None) -> FuzzResult:
    failures: Counter[str] = Counter()
    verdicts: Counter[str] = Counter()
    slowest_s, num_same, num_both = 0.0, 0, 0
    with CountProgress("fuzzing", total=count) as progress:
        for number, html in enumerate(inputs(count, seed)):
            started = time.perf_counter()
            wire, problem = problem_in_python(html, schema)
            slowest_s = max(slowest_s, time.perf_counter() - started)
            verdicts[str(wire["verdict"]) if wire else "none"] += 1
            problems = {"python": problem}
            if javascript:
                other, problems["javascript"] = javascript.answer(html)
                num_both += 1
                num_same += wire is not None and wire == other
            for language, text in problems.items():
                if text:
                    failures[f"{language}: {text}"] += 1
                    _keep(f"{seed}-{number}-{language}", html, text)
            progress.advance(errors=any(problems.values()))
    result: FuzzResult = {
        "inputs": count,
        "seed": seed,
        "failures": dict(failures),
        "verdicts": dict(verdicts.most_common()),
        "slowestPythonSeconds": round(slowest_s, 2),
    }
    if javascript:
        result["sameInBothLanguages"] = round(num_same / num_both, 4)
        result["givenUpByParser"] = javascript.given_up_by_parser
    return result


def _keep(name: str, html: str, problem: str) -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / f"{name}.html").write_text(html, "utf-8")
    (KEPT / f"{name}.txt").write_text(problem + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
