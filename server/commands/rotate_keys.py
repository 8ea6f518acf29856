"""The command `rotate-keys`: what browsers keep here gets a new key, and the old ones are deleted."""

from server.settings import Settings
from server.sync.copies import Copies


def rotate_keys(settings: Settings) -> str:
    """Encrypt all copies with a new key; return what was done. The server may run meanwhile."""
    copies = Copies(settings.data_dir)
    try:
        # A stop in between leaves more keys than needed, and everything readable.
        copies.at_rest.add_key()
        count = copies.seal_again()
        copies.at_rest.drop_old_keys()
    finally:
        copies.close()
    return f"{count} envelopes have a new key; the old ones are deleted"
