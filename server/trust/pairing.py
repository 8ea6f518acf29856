"""Pairing by a code: which is shown, tried once, and over after two minutes (docs/pairing.md)."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

import orjson
from cryptography.hazmat.primitives.asymmetric import ec

from server.errors import HandshakeError, ProblemError
from server.trust.codes import SALT_BYTES, new_code, stretched
from server.trust.database import TrustDatabase, transaction
from server.trust.noise import Handshake, P256KeyPair, seal

VALID_SECONDS = 120
PROLOGUE = b"carryover pairing 1"
ATTEMPT_BYTES = 16
MAX_NAME_BYTES = 60
_MAX_DEVICES = 50

WAITING, PAIRED, FAILED, OVER = "waiting", "paired", "failed", "over"


@dataclass(frozen=True)
class Pairing:
    """What a server does when a browser is paired; `now` is in seconds since 1970."""

    database: TrustDatabase
    key: P256KeyPair
    now: Callable[[], float] = time.time

    def offer(self) -> str:
        """Return a new code, which replaces one that waits. Only what it is stretched to is kept."""
        code = new_code()
        salt = secrets.token_bytes(SALT_BYTES)
        with transaction(self.database.db):
            self.database.db.execute("DELETE FROM pairing")
            self.database.db.execute(
                "INSERT INTO pairing (one, salt, psk, expires_at) VALUES (1, ?, ?, ?)",
                (salt, stretched(code, salt), self.now() + VALID_SECONDS),
            )
        return code

    def outcome(self) -> tuple[str, str]:
        """Return what became of the code, and the name of the browser where it was paired."""
        row = self.database.db.execute("SELECT expires_at, attempt, outcome FROM pairing").fetchone()
        if row is None:
            return OVER, ""
        expires_at, attempt, outcome = row
        if outcome is not None:
            word, _, name = outcome.partition(" ")
            return word, name
        if expires_at > self.now():
            return WAITING, ""
        return (OVER if attempt is None else FAILED), ""

    def withdraw(self) -> None:
        """Delete the code that waits, if any, and what became of it."""
        self.database.db.execute("DELETE FROM pairing")

    def start(self, message: bytes) -> bytes:
        """Answer the first message: attempt, salt and second message. A code is tried once."""
        attempt = secrets.token_bytes(ATTEMPT_BYTES)
        with transaction(self.database.db):
            row = self.database.db.execute(
                "SELECT salt, psk FROM pairing WHERE attempt IS NULL AND outcome IS NULL AND expires_at > ?",
                (self.now(),),
            ).fetchone()
            if row is None:
                raise _over()
            self.database.db.execute("UPDATE pairing SET attempt = ?", (attempt,))
        salt, psk = bytes(row[0]), bytes(row[1])
        handshake = Handshake("XXpsk2", is_initiator=False, prologue=PROLOGUE, static=self.key, psk=psk)
        try:
            handshake.read(message)
            answer = handshake.write()
        except HandshakeError:
            self._end(FAILED)
            raise
        ephemeral = handshake.ephemeral
        if not isinstance(ephemeral, P256KeyPair):
            raise TypeError("a handshake on P-256 draws keys of P-256")
        self.database.db.execute(
            "UPDATE pairing SET state = ?, ephemeral = ? WHERE attempt = ?",
            (orjson.dumps(handshake.saved()).decode(), hex(ephemeral.private.private_numbers().private_value), attempt),
        )
        return attempt + salt + answer

    def finish(self, body: bytes) -> bytes:
        """Answer attempt and third message: keep the browser's key, and say its id."""
        attempt, message = body[:ATTEMPT_BYTES], body[ATTEMPT_BYTES:]
        with transaction(self.database.db):
            row = self.database.db.execute(
                "SELECT psk, state, ephemeral FROM pairing"
                " WHERE attempt = ? AND state IS NOT NULL AND outcome IS NULL AND expires_at > ?",
                (attempt, self.now()),
            ).fetchone()
            if row is None:
                raise _over()
            self._end(FAILED)  # until it opens; a second message finds nothing
        psk, state, ephemeral = row
        handshake = Handshake(
            "XXpsk2", is_initiator=False, prologue=PROLOGUE, static=self.key, psk=psk,
            ephemeral=P256KeyPair(ec.derive_private_key(int(ephemeral, 16), ec.SECP256R1())),
        )  # fmt: skip
        handshake.resume(orjson.loads(state))
        name = handshake.read(message)
        device_id = self._keep(handshake.remote_static or b"", _clean(name))
        return seal(handshake.split()[1], 0, orjson.dumps({"device": device_id}))

    def _end(self, outcome: str) -> None:
        """Keep what became of the code, and nothing of the code."""
        self.database.db.execute(
            "UPDATE pairing SET psk = x'', salt = x'', state = NULL, ephemeral = NULL, outcome = ?", (outcome,)
        )

    def _keep(self, public_key: bytes, name: str) -> str:
        device_id = secrets.token_hex(16)
        db = self.database.db
        with transaction(db):
            db.execute("INSERT OR REPLACE INTO devices VALUES (?, ?, ?, ?)", (device_id, public_key, name, self.now()))
            db.execute(
                "DELETE FROM devices WHERE id NOT IN (SELECT id FROM devices ORDER BY paired_at DESC LIMIT ?)",
                (_MAX_DEVICES,),
            )
            self._end(f"{PAIRED} {name}")
        return device_id


def _clean(name: bytes) -> str:
    """Return the name of a browser, of printable characters: it is shown in a terminal."""
    text = name[:MAX_NAME_BYTES].decode("utf-8", "replace")
    return "".join(character for character in text if character.isprintable()).strip() or "a browser"


def _over() -> ProblemError:
    return ProblemError(
        409, "pairing_over", "no code waits here, it is over, or it was tried: make one with `python -m server pair`"
    )
