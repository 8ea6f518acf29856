"""Tokens of operators: each has a name, scopes and an end, and only a hash of its secret is kept.

A secret has 256 random bits, so SHA-256 is enough: nobody can try them, and a slow hash such as Argon2, which protects
what people choose, would only let callers without a token keep the server busy (docs/decisions/0033-closed.md).
"""

import hashlib
import re
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from server.errors import InputError
from server.trust.database import TrustDatabase, transaction

Scope = Literal["read", "write", "bundles", "events"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

PREFIX = "carryover_"
DAY = 86_400.0
MAX_SECONDS = 366 * DAY
_SECRET_BYTES = 32
_KEPT_SECONDS = 30 * DAY  # after its end a token is still listed, and told to whoever uses it


@dataclass(frozen=True)
class Token:
    """What is known of a token; times are in seconds since 1970."""

    name: str
    scopes: tuple[str, ...]
    made_at: float
    expires_at: float


@dataclass(frozen=True)
class Tokens:
    """The tokens of one data directory; `now` is in seconds since 1970."""

    database: TrustDatabase
    now: Callable[[], float] = time.time

    def make(self, name: str, scopes: Sequence[str], seconds: float) -> str:
        """Return the secret of a new token; raises InputError where the name is taken or something is out of range."""
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,40}", name):
            raise InputError(f"expected a name of 1 to 40 letters, digits, dots, hyphens and underscores, got {name!r}")
        unknown = sorted(set(scopes) - set(SCOPES))
        if unknown or not scopes:
            raise InputError(f"expected scopes of {', '.join(SCOPES)}, got {', '.join(unknown) or 'none'}")
        _check_lifetime(seconds)
        with transaction(self.database.db):
            if any(token.expires_at > self.now() for token in self._named(name)):
                raise InputError(f"there is a token {name}: `token rotate {name}` gives it a new secret")
            self._delete(name)
            return self._add(name, [scope for scope in SCOPES if scope in scopes], seconds)

    def rotate(self, name: str, overlap_seconds: float) -> str:
        """Return a new secret with the same scopes and lifetime. Until the overlap is over the old ones work, too."""
        if not 0 <= overlap_seconds <= MAX_SECONDS:
            raise InputError(f"expected an overlap of at most {MAX_SECONDS / DAY:.0f} days")
        with transaction(self.database.db):
            named = self._named(name)
            if not named:
                raise _unknown(name)
            newest = named[0]
            self.database.db.execute(
                "UPDATE tokens SET expires_at = min(expires_at, ?) WHERE name = ?", (self.now() + overlap_seconds, name)
            )
            return self._add(name, newest.scopes, newest.lifetime)

    def revoke(self, name: str) -> None:
        """Delete a token with all its secrets; raises InputError where there is none."""
        if not self._delete(name):
            raise _unknown(name)

    def all(self) -> list[Token]:
        """Return every token by name, one entry for each secret, the newest first."""
        rows = self.database.db.execute(f"SELECT {_COLUMNS} FROM tokens ORDER BY name, made_at DESC")  # noqa: S608 (ours)
        return [_row(row) for row in rows]

    def find(self, secret: str) -> Token | None:
        """Return the token with this secret, also one whose time is over."""
        row = self.database.db.execute(
            f"SELECT {_COLUMNS} FROM tokens WHERE digest = ?",  # noqa: S608 (our own columns)
            (digest(secret),),
        ).fetchone()
        return None if row is None else _row(row)

    def is_empty(self) -> bool:
        """Return whether no token was ever made here, or all were revoked."""
        return self.database.db.execute("SELECT 1 FROM tokens LIMIT 1").fetchone() is None

    def _named(self, name: str) -> list["_Kept"]:
        rows = self.database.db.execute(
            "SELECT scopes, lifetime, expires_at FROM tokens WHERE name = ? ORDER BY made_at DESC, rowid DESC", (name,)
        )
        return [_Kept(tuple(scopes.split()), lifetime, expires_at) for scopes, lifetime, expires_at in rows]

    def _add(self, name: str, scopes: Sequence[str], seconds: float) -> str:
        db, now = self.database.db, self.now()
        db.execute("DELETE FROM tokens WHERE expires_at < ?", (now - _KEPT_SECONDS,))
        secret = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        db.execute(
            "INSERT INTO tokens (digest, name, scopes, lifetime, made_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
            (digest(secret), name, " ".join(scopes), seconds, now, now + seconds),
        )
        return secret

    def _delete(self, name: str) -> bool:
        return self.database.db.execute("DELETE FROM tokens WHERE name = ?", (name,)).rowcount > 0


@dataclass(frozen=True)
class _Kept:
    scopes: tuple[str, ...]
    lifetime: float
    expires_at: float


_COLUMNS = "name, scopes, made_at, expires_at"


def _row(row: tuple[str, str, float, float]) -> Token:
    name, scopes, made_at, expires_at = row
    return Token(name, tuple(scopes.split()), made_at, expires_at)


def digest(secret: str) -> bytes:
    """Return the 32 bytes that are kept of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def _check_lifetime(seconds: float) -> None:
    if not 60 <= seconds <= MAX_SECONDS:
        raise InputError(f"expected a lifetime from a minute to {MAX_SECONDS / DAY:.0f} days")


def _unknown(name: str) -> InputError:
    return InputError(f"there is no token {name}; `token list` names those that there are")
