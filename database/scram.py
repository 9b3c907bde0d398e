"""The SCRAM-SHA-256 verifier that PostgreSQL stores in place of a password (RFC 5802, RFC 7677).

Whoever has the verifier can check a login but cannot log in, so a role can be made with it while
the password itself never reaches the server's statements, logs or state of the role.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode

ITERATIONS = 4096
"""PostgreSQL's own default (scram_iterations); a change of it would change every verifier."""


def verifier(password: str, salt: bytes, iterations: int = ITERATIONS) -> str:
    """`SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, the same for the same input."""
    if not password:
        raise ValueError("a SCRAM verifier needs a password that is not empty")
    if not (password.isascii() and password.isprintable()):
        # Such a password would first have to pass SASLprep; ours are generated from ASCII.
        raise ValueError("a SCRAM verifier is only made of a password of printable ASCII")
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
