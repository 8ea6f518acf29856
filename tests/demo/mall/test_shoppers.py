import hashlib
import json
from collections import Counter

import pytest

from demo.mall.catalogue import build
from demo.mall.shoppers import main, read_articles
from trainer.dataset.dataset import KINDS, read_dataset


@pytest.fixture(scope="module")
def products(tmp_path_factory):
    path = tmp_path_factory.mktemp("mall") / "products.jsonl"
    ports = {"harbor": 8701, "linden": 8702, "meridian": 8703}
    with path.open("w") as file:
        for product in build(7):
            url = f"http://{product.shop}.localhost:{ports[product.shop]}{product.url_path}"
            record = {
                "shop": f"{product.shop}.localhost",
                "itemId": hashlib.sha256(url.encode()).hexdigest()[:16],
                "url": url,
                "title": product.title,
                "verdict": "product",
                "provenance": {},
            }
            file.write(json.dumps(record) + "\n")
    return path


def shoppers(products, out, *options):
    assert main(["--products", str(products), "--out", str(out), *options]) == 0
    return out.read_text()


def test_same_seed_gives_the_same_shoppers_and_more_users_change_no_one(products, tmp_path):
    one = shoppers(products, tmp_path / "a.csv", "--users", "30")
    assert one == shoppers(products, tmp_path / "b.csv", "--users", "30")
    assert shoppers(products, tmp_path / "c.csv", "--users", "45").startswith(one)
    assert one != shoppers(products, tmp_path / "d.csv", "--users", "30", "--seed", "8")


def test_the_trainer_reads_them_and_they_have_tastes_noise_and_all_kinds(products, tmp_path):
    shoppers(products, tmp_path / "i.csv", "--users", "200")
    dataset = read_dataset([products], tmp_path / "i.csv")
    found = dataset.interactions
    assert dataset.num_unknown_items == 0
    assert len(found.user_ids) == 200
    assert set(found.kind.tolist()) == set(range(len(KINDS)))
    tastes = {article.item_id: article.taste for article in read_articles([products], 7)}
    of_row = [tastes[dataset.products[item]["itemId"]] for item in found.item_idx]
    shares, shops = [], []
    for user in range(200):
        mine = slice(found.ptr[user], found.ptr[user + 1])
        shares.append(sum(n for _, n in Counter(of_row[mine]).most_common(2)) / len(of_row[mine]))
        shops.append(len({dataset.products[item]["shop"] for item in found.item_idx[mine]}))
    assert 0.75 < sum(shares) / 200 < 0.97  # two of twelve tastes: one sixth by chance, all of it without noise
    assert min(shops) >= 1
    assert sum(n >= 2 for n in shops) > 180


@pytest.mark.parametrize(
    ("content", "message"),
    [("", "no product of the demo mall with seed 7"), ("{\n", "p.jsonl:1: is not JSON"), (None, "cannot be read")],
)
def test_bad_input_is_one_clear_line(tmp_path, capsys, content, message):
    if content is not None:
        (tmp_path / "p.jsonl").write_text(content)
    assert main(["--products", str(tmp_path / "p.jsonl"), "--out", str(tmp_path / "i.csv")]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "i.csv").exists()
