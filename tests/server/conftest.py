import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from running import start_ready, stop
from shelf import SHELF, TOKEN, write_products
from tiny_bundle import make_tiny_bundle

from server.__main__ import main
from server.catalogue.database import Catalogue
from server.catalogue.writer import Writer
from server.commands.apply_writes import apply_next
from server.encoding.bundle import load_bundle
from server.http.app import create_app
from server.http.services import EXTENSION_KEY
from server.settings import Settings


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory):
    return make_tiny_bundle(tmp_path_factory.mktemp("bundles") / "tiny")


@pytest.fixture
def ingest(tmp_path, tiny_bundle, capsys, monkeypatch):
    """Return a function that runs the ingest command with no network: images come from an empty directory.

    It leaves out the bundle's probes, which take a process each time; commands/test_ingest.py has them run.
    """
    monkeypatch.setattr("server.commands.ingest.check_probes", lambda bundle: None)
    (tmp_path / "images").mkdir(exist_ok=True)

    def run(products, *flags, bundle=tiny_bundle, data=tmp_path / "data", images=tmp_path / "images"):
        path = products if isinstance(products, Path) else write_products(tmp_path / "products.jsonl", products)
        arguments = ["ingest", str(path), "--bundle", str(bundle), "--data", str(data)]
        arguments += [] if images is None else ["--images", str(images)]
        code = main([*arguments, *flags])
        output = capsys.readouterr()
        return code, json.loads(output.out) if output.out else None, output.err

    return run


@pytest.fixture
def make_app(tmp_path, tiny_bundle):
    apps = []

    def make(**changes):
        values = {
            "data_dir": tmp_path / "data",
            "bundle_dir": tiny_bundle,
            "operator_token": TOKEN,
            "poll_interval_ms": 20,
            **changes,
        }
        app = create_app(Settings(**values))
        apps.append(app)
        assert app.extensions[EXTENSION_KEY].replica.wait_until_ready(30)
        return app

    yield make
    for app in apps:
        app.extensions[EXTENSION_KEY].close()


@pytest.fixture
def shelf_app(ingest, make_app):
    assert ingest(SHELF)[0] == 0
    return make_app()


@pytest.fixture
def client(shelf_app):
    return shelf_app.test_client()


@pytest.fixture
def operator():
    return {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def write(client, operator, tmp_path, tiny_bundle):
    """Return a function that sends a write, applies what waits as the writer process does, and returns its report."""

    def send(method, body):
        accepted = client.open("/v1/items", method=method, json=body, headers=operator)
        assert accepted.status_code == 202, accepted.text
        catalogue = Catalogue(tmp_path / "data")
        writer = Writer(Settings(data_dir=tmp_path / "data"), load_bundle(tiny_bundle), threads=1)
        while apply_next(catalogue, writer):
            pass
        writer.close()
        catalogue.close()
        client.application.extensions[EXTENSION_KEY].replica.refresh()
        found = client.get(accepted.headers["Location"], headers=operator)
        assert found.json["state"] == "applied", found.text
        return found.json

    return send


@pytest.fixture
def recommend(client):
    def post(shop="harbor.example", k=10, **body):
        return client.post("/v1/recommendations", json={"mode": "own", "shop": shop, "k": k, **body})

    return post


@pytest.fixture
def serve(ingest, tmp_path, tiny_bundle):
    """Return a function that starts a server of the shelf in processes of its own, and returns its port and process."""
    ingest(SHELF)
    started = []

    def start(*flags, bundle=tiny_bundle, **options):
        port, process = start_ready("--data", tmp_path / "data", "--bundle", bundle, *flags, **options)
        started.append(process)
        return port, process

    yield start
    for process in started:
        stop(process)
