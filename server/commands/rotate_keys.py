"""The command `rotate-keys`: what browsers keep here gets a new key, and the old ones are deleted."""

from server.locks import held_lock
from server.settings import Settings
from server.sync.copies import Copies

_LOCK = "rotation.lock"


def rotate_keys(settings: Settings) -> str:
    """Encrypt all copies with a new key; return what was done. The server may run meanwhile."""
    copies = Copies(settings.data_dir)
    try:
        # The newest key of two at once would be one with which nothing is encrypted yet.
        with held_lock(settings.data_dir / _LOCK, "process {pid} changes the keys", wait=True):
            # A stop in between leaves more keys than needed, and everything readable.
            copies.at_rest.add_key()
            count = copies.seal_again()
            copies.at_rest.drop_old_keys()
    finally:
        copies.close()
    return f"{count} envelopes have a new key; the old ones are deleted"
