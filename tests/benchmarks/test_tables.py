import json
from pathlib import Path

import pytest

from benchmarks.tables import CEILING, details, main, overview, retrieval, same_product, transfer, with_table


def result(mean, **more):
    metric = {"mean": mean, "sd": 0.001, "low": mean - 0.01, "high": mean + 0.01}
    slices = {"history_length": {"1": {"users": 1234, "ndcg@10": [mean / 2, 0, 1]}}}
    timing = {"fit_seconds": 61.4, "score_seconds_per_1000_users": 0.148}
    test = {"ndcg@10": metric, "recall@10": metric, "mrr@10": metric}
    test = {"test": test, "without_near_clones": {"ndcg@10": {**metric, "mean": mean * 0.8}}}
    return {"seeds": [0, 1, 2], **test, "slices_of_seed_0": slices, **timing, **more}


def written(tmp_path: Path, rows, lines_of=details) -> list[str]:
    about = {
        "test_users_with_near_clone": 199,
        "test_users": 4000,
        "candidates": 5960,
        "train_interactions": 139120,
        "data_hash": "3945532a4f255732",
    }
    about["test_users_with_near_clone"] = 199
    found = {"data": "beauty", "protocols": {"both": {"about": about, "rows": rows}}}
    (tmp_path / "towers_beauty.json").write_text(json.dumps(found))
    page = with_table("before\n<!-- towers -->\nstale\n<!-- /towers -->\nafter\n", "towers", lines_of(tmp_path))
    assert page.startswith("before\n<!-- towers -->\n")
    assert page.endswith("<!-- /towers -->\nafter\n")
    assert "stale" not in page
    return page.splitlines()


def test_a_table_says_what_the_result_file_says_and_where_a_tower_loses(tmp_path):
    loses = {"verdict": "loses to it", "mean": -0.0507}
    two_tower = result(0.0727, against_best_baseline=loses, best_epochs=[0, 5, 0])
    lines = written(tmp_path, {"ease": result(0.1234), "two_tower": two_tower})
    assert "| `ease` | .1234 ± .0010 (.1134–.1334) | .0987 | .123 | .123 | 3 | – | 61 | 0.15 | – |" in lines
    assert any("| 3 | 0, 5, 0 | 61 |" in line for line in lines)
    assert any("; 199 test users have a near clone among the training users;" in line for line in lines)
    assert any(line.startswith("| `two_tower` | .0727") and line.endswith("loses to it (-0.0507) |") for line in lines)
    assert "| NDCG@10 of (users) | history 1 (1,234) |" in lines
    assert "| `ease` | .0617 |" in lines


def test_a_difference_too_small_to_show_is_not_shown_as_minus_zero(tmp_path):
    even = {"verdict": "no difference seen", "mean": -0.00002}
    lines = written(tmp_path, {"ease": result(0.1), "two_tower": result(0.1, against_best_baseline=even)})
    assert any(line.endswith("no difference seen (+0.0000) |") for line in lines)


def test_rows_that_are_chance_are_named_together(tmp_path):
    lines = written(tmp_path, {"content": result(0.05), "random": result(0.001), "ease": result(0.001)})
    assert not any(line.startswith("| `ease` | .0010 ±") for line in lines)
    assert "As `random`, because they know only the shop itself: `ease`." in lines


def test_the_overview_puts_the_best_of_each_kind_beside_each_other(tmp_path):
    beside = [{"verdict": verdict, "mean": mean} for verdict, mean in (("beats it", 0.01), ("loses to it", -0.02))]
    rows = {
        CEILING: result(0.3),
        "stack": result(0.16, against_best_baseline=beside[0]),
        "ease": result(0.15),
        "fusion": result(0.13, against_best_baseline=beside[1]),
        "two_tower": result(0.12, against_best_baseline=beside[1]),
    }
    lines = written(tmp_path, rows, overview)
    cells = ["beauty, `both`", "`ease` .1500 (.1400–.1600)", "`fusion` .1300 (.1200–.1400)", "loses to it (-0.0200)"]
    assert f"| {' | '.join(cells)} | .1600 (.1500–.1700) | beats it (+0.0100) |" in lines
    alone = "| beauty, `both` | `ease` .1500 (.1400–.1600) | – | – | – | – |"
    assert alone in written(tmp_path, {"ease": result(0.15)}, overview)


def test_what_only_some_rows_were_asked_has_a_column(tmp_path):
    asked = result(0.05)
    asked["slices_of_seed_0"]["missing"] = {"text": {"users": 567, "ndcg@10": [0.0281, 0, 1]}}
    lines = written(tmp_path, {"ease": result(0.1), "content": asked})
    assert "| NDCG@10 of (users) | history 1 (1,234) | no text (567) |" in lines
    assert "| `ease` | .0500 | – |" in lines
    assert "| `content` | .0250 | .0281 |" in lines


def test_row_that_finds_nothing_shows_zero_and_unmeasured_row_is_absent(tmp_path):
    nothing, unasked = result(0.01), result(0.02)
    nothing["slices_of_seed_0"]["history_length"]["1"]["ndcg@10"] = [0.0, 0.0, 0.0]
    unasked["slices_of_seed_0"] = {"history_length": {"1": {"users": 1234}}}
    lines = written(tmp_path, {"ease": result(0.1), "popularity": nothing, "words": unasked})
    assert "| `popularity` | .0000 |" in lines
    assert not any(line.startswith("| `words` | –") for line in lines)


def test_truncated_histories_of_the_same_users_have_their_own_table(tmp_path):
    asked = result(0.1)
    asked["slices_of_seed_0"]["truncated"] = {
        name: {"users": 1275, "ndcg@10": [mean, 0, 1]}
        for name, mean in (("last 1", 0.0), ("last 10", 0.2), ("all", 0.3))
    }
    lines = written(tmp_path, {"ease": asked})
    start = lines.index("| NDCG@10 of the same 1,275 users, by their likes | last 1 | last 10 | all |")
    assert lines[start - 1] == ""
    assert lines[start + 1 : start + 4] == ["|---|---|---|---|", "| `ease` | .0000 | .2000 | .3000 |", ""]
    assert "| NDCG@10 of (users) | history 1 (1,234) |" in lines


def test_retrieval_table_has_direction_gallery_and_neighbours(tmp_path):
    def run(spaces):
        return {
            "neighbours": dict.fromkeys(spaces),
            "avg_mean_similarity@5": dict.fromkeys(spaces, 0.75),
            "seconds": {"train": 61.6},
        }

    def said(mean, sd=None):
        return {"mean": mean, "sd": sd, "seeds": 1}

    metrics = ("recall@1", "recall@5", "recall@10", "mrr", "ndcg@10")
    found = {
        f"{way} {gallery} {metric}": said(0.1 * place + gallery / 1e5, 0.004)
        for way in ("text_to_image", "image_to_text")
        for gallery in (1500, 9583)
        for place, metric in enumerate(metrics, 1)
    }
    both = {"neighbours both articleType": said(0.9), "neighbours both baseColour": said(0.5, 0.02)}
    image = {"neighbours image articleType": said(0.8), "neighbours image baseColour": said(0.3)}
    rows = {
        "heads": {"runs": {"0": run(["text", "image", "both"])}, "over_seeds": found | both},
        "hvsr": {"runs": {"0": run(["image"])}, "over_seeds": image},
    }
    (tmp_path / "fashion_retrieval.json").write_text(json.dumps({"rows": rows}))
    lines = list(retrieval(tmp_path))
    small = ", ".join(f".{place}15 ± .004" for place in range(1, 6))
    large = ", ".join(f".{round(1000 * (0.1 * place + 0.09583))} ± .004" for place in range(1, 6))
    assert lines.count(f"| `heads` | 1 | {small} | {large} |") == 2
    heads = "recall@1, recall@5, recall@10, MRR, NDCG@10"
    assert f"| image→text | seeds | {heads} of 1,500 | {heads} of 9,583 |" in lines
    assert "| `heads` | .900 | .500 ± .020 | .750 | 62 |" in lines
    assert "| `hvsr` | .800 | .300 | .750 | 62 |" in lines


def test_same_product_table_is_by_data_set_and_method(tmp_path):
    names = ("recall@1", "recall@5", "recall@10", "hit_rate@1", "hit_rate@5", "hit_rate@10", "mrr", "ndcg@10")
    said = {name: {"mean": place / 10, "sd": 0.004} for place, name in enumerate(names, 1)}
    found = {
        "whole": {"walmart_amazon": {"tf_idf_words": said}},
        "held_out": {"products": {"head": said}, "categories": {}, "seconds": 21.3},
    }
    (tmp_path / "same_product.json").write_text(json.dumps(found))
    spread = [f".{place}00 ± .004" for place in range(9)]
    values = f"{' / '.join(spread[1:4])} | {spread[4]} / {spread[6]} | {spread[7]} | {spread[8]} |"
    assert list(same_product(tmp_path))[2:-1] == [
        f"| walmart_amazon | tf idf words | {values}",
        f"| PriceRunner, unseen products | head | {values}",
    ]


def test_a_head_is_told_by_what_it_learned_from_and_what_it_is_asked(tmp_path):
    said = {name: {"mean": place / 10, "sd": 0.004} for place, name in enumerate(("a", "b", "type", "colour"), 1)}
    asked = {
        "pricerunner": {"mrr": said["a"]},
        "walmart_amazon": {"mrr": said["b"]},
        "fashion": {"same_colour@10": said["colour"], "same_type@10": said["type"]},
    }
    (tmp_path / "same_product.json").write_text(json.dumps({"transfer": {"all but fashion": asked}}))
    values = ".100 ± .004 | .200 ± .004 | .300 ± .004 | .400 ± .004"
    assert list(transfer(tmp_path))[2] == f"| all but fashion | {values} |"


def test_a_page_without_its_marks_is_refused():
    with pytest.raises(ValueError, match="towers"):
        with_table("no marks", "towers", [])


def test_the_pages_say_what_was_measured():
    assert main(["--check"]) == 0, "run python -m benchmarks.tables"
