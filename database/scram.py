"""The SCRAM-SHA-256 verifier that PostgreSQL stores in place of a password (RFC 5802, RFC 7677).

A verifier can check a login but cannot be used to log in. So a role created with one never exposes
its password in the server's statements or logs, or in the state of the role resource.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode

ITERATIONS = 4096
"""PostgreSQL's default (scram_iterations). Changing it would change every verifier."""


def verifier(password: str, salt: bytes, iterations: int = ITERATIONS) -> str:
    """`SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, the same for the same input."""
    if not password:
        raise ValueError("a SCRAM verifier needs a non-empty password")
    if not (password.isascii() and password.isprintable()):
        # Such a password would first have to pass SASLprep; ours are generated from ASCII.
        raise ValueError("a SCRAM verifier needs a password of printable ASCII characters")
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, iterations)
    stored_key = hashlib.sha256(_hmac(salted, b"Client Key")).digest()
    server_key = _hmac(salted, b"Server Key")
    return f"SCRAM-SHA-256${iterations}:{_text(salt)}${_text(stored_key)}:{_text(server_key)}"


def verifier_from_base64(password: str, salt: str) -> str:
    return verifier(password, b64decode(salt, validate=True))


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")
