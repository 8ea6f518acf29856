"""Codes that a person reads off the server's screen: 10 characters of Crockford's base32."""

import hashlib
import re
import secrets

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_LENGTH = 10
_ITERATIONS = 600_000
SALT_BYTES = 16


def new_code() -> str:
    """Return a new code, 50 random bits."""
    return "".join(secrets.choice(_DIGITS) for _ in range(_CODE_LENGTH))


def shown(code: str) -> str:
    """Return a code as a person reads it, in two groups."""
    half = _CODE_LENGTH // 2
    return f"{code[:half]}-{code[half:]}"


def normal(typed: str) -> str | None:
    """Return a code without what does not count; None where it cannot be one."""
    code = re.sub(r"[\s-]", "", typed).upper().translate(str.maketrans("OIL", "011"))
    return code if len(code) == _CODE_LENGTH and set(code) <= set(_DIGITS) else None


def stretched(code: str, salt: bytes) -> bytes:
    """Return the 32 bytes that both sides mix into the handshake."""
    return hashlib.pbkdf2_hmac("sha256", code.encode("ascii"), salt, _ITERATIONS, 32)
