"""The command `token`: makes, lists, rotates and revokes operators' tokens. The server may run meanwhile."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from server.errors import InputError
from server.settings import Settings
from server.trust.database import TrustDatabase
from server.trust.tokens import DAY, Tokens

_SECONDS = {"m": 60.0, "h": 3600.0, "d": DAY}


def seconds_of(text: str) -> float:
    """Return seconds of a time such as 90d, 12h or 30m; raises InputError."""
    found = re.fullmatch(r"([0-9]{1,6})([mhd])", text)
    if found is None:
        raise InputError(f"expected a time such as 90d, 12h or 30m, got {text!r}")
    return int(found[1]) * _SECONDS[found[2]]


@contextmanager
def _tokens(settings: Settings) -> Iterator[Tokens]:
    database = TrustDatabase(settings.data_dir)
    try:
        yield Tokens(database)
    finally:
        database.close()


def make_token(settings: Settings, name: str, scopes: Sequence[str], lifetime: str) -> str:
    """Return the secret of a new token, which nothing else tells; raises InputError."""
    with _tokens(settings) as tokens:
        return tokens.make(name, scopes, seconds_of(lifetime))


def rotate_token(settings: Settings, name: str, overlap: str) -> str:
    """Return a new secret of a token; the one before works until the overlap is over. Raises InputError."""
    with _tokens(settings) as tokens:
        return tokens.rotate(name, seconds_of(overlap))


def revoke_token(settings: Settings, name: str) -> None:
    """Delete a token; from the next request on it opens nothing. Raises InputError."""
    with _tokens(settings) as tokens:
        tokens.revoke(name)


def list_tokens(settings: Settings) -> list[str]:
    """Return a line for each secret: the name, the scopes, when it was made, and when it ends or ended."""
    with _tokens(settings) as tokens:
        now = tokens.now()
        return [
            f"{token.name}  {','.join(token.scopes)}  made {_day(token.made_at)}  "
            f"{'ends' if token.expires_at > now else 'ended'} {_minute(token.expires_at)}"
            for token in tokens.all()
        ]


def _day(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"


def _minute(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
