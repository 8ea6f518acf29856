"""The command `pair`: a code on the screen, with which a browser comes to know this server (docs/pairing.md)."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from server.errors import InputError, PairingError
from server.settings import Settings
from server.trust.codes import shown
from server.trust.database import TrustDatabase
from server.trust.pairing import FAILED, OVER, PAIRED, VALID_SECONDS, Pairing
from server.trust.server_key import fingerprint, read_or_make

_POLL_SECONDS = 0.3


def pair(settings: Settings, say: Callable[[str], None], sleep: Callable[[float], None] = time.sleep) -> None:
    """Show a code until a browser is paired with it; raises PairingError where none was."""
    key = read_or_make(settings.data_dir)
    database = TrustDatabase(settings.data_dir)
    try:
        pairing = Pairing(database, key)
        say(f"code: {shown(pairing.offer())}")
        say(
            f"Type it in the extension's options, under Advanced, within {VALID_SECONDS // 60} minutes. "
            f"This server's key is {fingerprint(key.public)}. The server must be running."
        )
        _wait(pairing, say, sleep)
    finally:
        database.close()


def _wait(pairing: Pairing, say: Callable[[str], None], sleep: Callable[[float], None]) -> None:
    try:
        while True:
            outcome, name = pairing.outcome()
            if outcome == PAIRED:
                say(f"paired with {name}")
                return
            if outcome == FAILED:
                raise PairingError(
                    "a browser tried the code and could not prove it: start `pair` again for another code"
                )
            if outcome == OVER:
                raise PairingError("no browser used the code in time: start `pair` again for another code")
            sleep(_POLL_SECONDS)
    finally:
        pairing.withdraw()


def list_devices(settings: Settings) -> list[str]:
    """Return a line for each browser that is paired, the newest first."""
    database = TrustDatabase(settings.data_dir)
    try:
        return [
            f"{device.id}  {datetime.fromtimestamp(device.paired_at, UTC):%Y-%m-%d}  {device.name}"
            for device in database.devices()
        ]
    finally:
        database.close()


def forget_device(settings: Settings, device_id: str) -> None:
    """Unpair a browser; raises InputError where none has this id."""
    database = TrustDatabase(settings.data_dir)
    try:
        if not database.forget_device(device_id):
            raise InputError(f"no browser with the id {device_id} is paired; `pair --list` names those that are")
    finally:
        database.close()
