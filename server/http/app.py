"""Makes the Flask application."""

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

from server.http import front, gate, problems
from server.http.admission import ADMISSION_KEY, Admission
from server.http.limits import Limits
from server.http.metrics import Metrics
from server.http.services import EXTENSION_KEY, Services
from server.http.spaces import Spaces
from server.http.views import (
    bundles,
    candidates,
    channel,
    events,
    health,
    items,
    packs,
    pairing,
    recommendations,
    search,
    shops,
    sync,
)
from server.settings import Settings
from server.trust.channel import Channels
from server.trust.operators import Operators
from server.trust.server_key import read_or_make


class _RowNumber(IntegerConverter):
    """Numbers in paths, as far as SQLite counts; there is nothing beyond."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**63 - 1)


def create_app(settings: Settings) -> Flask:
    """Return the application over one data directory; it starts to follow the catalogue and its bundles.

    A catalogue that never had a bundle gets the one of the settings.
    """
    app = Flask("server", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.url_map.converters["int"] = _RowNumber
    metrics = Metrics()
    channels = Channels(read_or_make(settings.data_dir))
    limits = Limits(settings, metrics.count_limited)
    operators = Operators(settings.read_operator_token(), channels.ticket_key)
    parts = Services(settings, Spaces(settings), metrics, channels, limits, operators)
    app.extensions[EXTENSION_KEY] = parts
    app.extensions[ADMISSION_KEY] = Admission(settings, limits, metrics.count_unread)
    metrics.init_app(app)
    gate.init_app(app, settings)
    front.init_app(app)
    problems.init_app(app)
    for view in (
        recommendations,
        search,
        candidates,
        shops,
        items,
        packs,
        bundles,
        health,
        pairing,
        channel,
        sync,
        events,
    ):
        app.register_blueprint(view.bp)
    parts.spaces.start()
    return app
