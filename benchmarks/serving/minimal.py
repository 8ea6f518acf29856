"""The endpoint to compare with: Flask, granian, one hnswlib index a shop, and nothing else.

It checks nothing, has no metric, no filters, no re-ranking and no writes; cards are ready bytes. `CARRYOVER_MINIMAL` is
a folder with an index `NAME.hnsw` and cards `NAME.cards` for each shop, and `dim` in `settings.json`. The request says
which `ef` to search with.
"""

import json
import os
from pathlib import Path

import hnswlib
import numpy as np
import orjson
from flask import Flask, Response, request


def create_app():
    """Return the application; granian calls it in each worker."""
    folder = Path(os.environ["CARRYOVER_MINIMAL"])
    settings = json.loads((folder / "settings.json").read_text())
    indexes, cards = {}, {}
    for path in folder.glob("*.hnsw"):
        index = hnswlib.Index(space="ip", dim=settings["dim"])
        index.load_index(str(path))
        indexes[path.stem] = index
        cards[path.stem] = (folder / f"{path.stem}.cards").read_bytes().split(b"\n")
    app = Flask("minimal")

    @app.post("/v1/recommendations")
    def recommend():
        body = orjson.loads(request.get_data())
        query = np.asarray(body["vector"], dtype=np.float32)
        shop = body["shop"]
        index = indexes[shop]
        index.set_ef(body["ef"])
        rows, distances = index.knn_query(query, k=body["k"], num_threads=1)
        shown = cards[shop]
        items = [
            orjson.Fragment(shown[row][:-1] + b',"score":%.6f}' % (1 - distance))
            for row, distance in zip(rows[0].tolist(), distances[0].tolist(), strict=True)
        ]
        return Response(orjson.dumps({"shop": shop, "items": items}), content_type="application/json")

    return app
