"""Who may do what an operator may: made tokens, the configured one, and a wait after failed tries."""

import hashlib
import hmac
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from server.errors import ProblemError
from server.trust.database import TrustDatabase, transaction
from server.trust.tokens import SCOPES, Scope, Token, Tokens, digest

MAX_TRIES_OF_ADDRESS = 10
MAX_TRIES_OF_ALL = 100
WINDOW_SECONDS = 60.0
CONFIGURED = "configured"


@dataclass(frozen=True)
class Operators:
    """Checks of the tokens that requests carry; `now` is in seconds since 1970.

    Failed tries are kept in the trust database, so that all processes count the same ones. Addresses are kept under a
    key that only this start of the server knows.
    """

    configured: str | None = field(repr=False)
    address_key: bytes = field(repr=False)
    now: Callable[[], float] = time.time

    def require_any(self, database: TrustDatabase) -> None:
        """Raise a problem where there is no token at all, so that nobody is an operator over HTTP."""
        if self.configured is None and Tokens(database).is_empty():
            raise ProblemError(
                403,
                "forbidden",
                "this needs an operator's token, and there is none: make one with `python -m server token make`, "
                "or start the server with CARRYOVER_OPERATOR_TOKEN or --operator-token-file",
            )

    def made(self, secret: str, database: TrustDatabase) -> Token | None:
        """Return the token with this secret, of those that were made; raises a problem where its time is over."""
        token = Tokens(database).find(secret)
        if token is not None and token.expires_at <= self.now():
            end = datetime.fromtimestamp(token.expires_at, UTC)
            detail = (
                f"the token {token.name} ended at {end:%Y-%m-%d %H:%M} UTC: `python -m server token rotate` renews it"
            )
            raise ProblemError(401, "unauthorised", detail)
        return token

    def configured_token(self, secret: str) -> Token | None:
        """Return the configured token where this is its secret: it has every scope, and no end."""
        if self.configured is None or not hmac.compare_digest(digest(secret), digest(self.configured)):
            return None
        return Token(CONFIGURED, SCOPES, 0.0, math.inf)

    def wait_seconds(self, address: str, database: TrustDatabase) -> float:
        """Return how long an address must wait after failed tries, its own and everybody's; 0 where it may try."""
        own = self._wait("AND address = ?", (self._hidden(address), MAX_TRIES_OF_ADDRESS - 1), database)
        return max(own, self._wait("", (MAX_TRIES_OF_ALL - 1,), database))

    def _wait(self, condition: str, values: tuple[object, ...], database: TrustDatabase) -> float:
        now = self.now()
        query = f"SELECT at FROM failed_tries WHERE at > ? AND at <= ? {condition} ORDER BY at DESC LIMIT 1 OFFSET ?"  # noqa: S608 (ours)
        row = database.db.execute(query, (now - WINDOW_SECONDS, now, *values)).fetchone()
        return 0.0 if row is None else float(row[0]) + WINDOW_SECONDS - now

    def note_failed(self, address: str, database: TrustDatabase) -> None:
        """Count one failed try."""
        now = self.now()
        with transaction(database.db):
            # A clock that was moved back must lock nobody out.
            database.db.execute("DELETE FROM failed_tries WHERE at <= ? OR at > ?", (now - WINDOW_SECONDS, now))
            database.db.execute("INSERT INTO failed_tries VALUES (?, ?)", (self._hidden(address), now))

    def _hidden(self, address: str) -> bytes:
        return hashlib.blake2b(address.encode(), digest_size=16, key=self.address_key).digest()


def check_scope(token: Token, scope: Scope) -> None:
    """Raise a problem where a token is not for this."""
    if scope not in token.scopes:
        detail = f"the token {token.name} has the scopes {', '.join(token.scopes)}; this needs {scope}"
        raise ProblemError(403, "insufficient_scope", detail)
