"""Makes the Flask application."""

from flask import Flask

from server.http import front, gate, problems
from server.http.metrics import Metrics
from server.http.services import EXTENSION_KEY, Services
from server.http.spaces import Spaces
from server.http.views import bundles, channel, health, items, packs, pairing, recommendations, shops, sync
from server.settings import Settings
from server.trust.channel import Channels
from server.trust.server_key import read_or_make


def create_app(settings: Settings) -> Flask:
    """Return the application over one data directory; it starts to follow the catalogue and its bundles.

    A catalogue that never had a bundle gets the one of the settings.
    """
    app = Flask("server", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.url_map.strict_slashes = False
    metrics = Metrics()
    parts = Services(settings, Spaces(settings), metrics, Channels(read_or_make(settings.data_dir)))
    app.extensions[EXTENSION_KEY] = parts
    metrics.init_app(app)
    gate.init_app(app, settings)
    front.init_app(app)
    problems.init_app(app)
    for view in (recommendations, shops, items, packs, bundles, health, pairing, channel, sync):
        app.register_blueprint(view.bp)
    parts.spaces.start()
    return app
