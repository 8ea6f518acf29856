import pytest

from server.events.database import Events


class Clock:
    """A clock that tests set; seconds since 1970."""

    def __init__(self):
        self.seconds = 20_000 * 86_400.0 + 7_200

    def __call__(self):
        return self.seconds

    def advance(self, days=0.0, hours=0.0):
        self.seconds += days * 86_400 + hours * 3600


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def events(tmp_path, clock):
    events = Events(tmp_path / "data", 64 * 2**20, clock)
    yield events
    events.close()
