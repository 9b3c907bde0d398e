"""database/scram.py: the verifier that PostgreSQL would compute itself."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from database import scram

PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=60)
SALTS = st.binary(min_size=8, max_size=32)


def _keys(verifier: str) -> tuple[int, bytes, bytes, bytes]:
    mechanism, parameters, keys = verifier.split("$")
    assert mechanism == "SCRAM-SHA-256"
    iterations, salt = parameters.split(":")
    stored, server = keys.split(":")
    return int(iterations), b64decode(salt), b64decode(stored), b64decode(server)


def test_the_exchange_of_rfc_7677_succeeds_against_our_verifier() -> None:
    # RFC 7677, section 3: user "user", password "pencil"
    salt = b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    first_bare = "n=user,r=rOprNGfwEbeRWgbNEkqO"
    server_first = (
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    )
    final_bare = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    message = f"{first_bare},{server_first},{final_bare}".encode()
    proof = b64decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
    server_signature = "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

    _, _, stored, server = _keys(scram.verifier("pencil", salt, 4096))
    signature = hmac.digest(stored, message, "sha256")
    client_key = bytes(a ^ b for a, b in zip(proof, signature, strict=True))

    assert hashlib.sha256(client_key).digest() == stored
    assert b64encode(hmac.digest(server, message, "sha256")).decode() == server_signature


@given(PRINTABLE, SALTS)
def test_the_same_password_and_salt_give_the_same_verifier(password: str, salt: bytes) -> None:
    assert scram.verifier(password, salt, 1) == scram.verifier(password, salt, 1)


@given(PRINTABLE, SALTS, st.integers(1, 8))
def test_a_verifier_states_its_iterations_and_its_salt(
    password: str, salt: bytes, iterations: int
) -> None:
    stated, stated_salt, stored, server = _keys(scram.verifier(password, salt, iterations))
    assert (stated, stated_salt) == (iterations, salt)
    assert len(stored) == len(server) == 32
    assert stored != server


@given(PRINTABLE, PRINTABLE, SALTS)
def test_other_passwords_have_other_verifiers(one: str, other: str, salt: bytes) -> None:
    same = scram.verifier(one, salt, 1) == scram.verifier(other, salt, 1)
    assert same == (one == other)


@given(PRINTABLE, SALTS, SALTS)
def test_another_salt_gives_another_verifier(password: str, salt: bytes, other: bytes) -> None:
    same = scram.verifier(password, salt, 1) == scram.verifier(password, other, 1)
    assert same == (salt == other)


@given(PRINTABLE, SALTS)
def test_a_salt_is_taken_as_base64_too(password: str, salt: bytes) -> None:
    encoded = b64encode(salt).decode()
    assert scram.verifier_from_base64(password, encoded) == scram.verifier(password, salt)


@pytest.mark.parametrize("password", ["", "pässword", "tab\t", "\x00"])
def test_a_password_that_would_need_normalizing_is_refused_without_being_shown(
    password: str,
) -> None:
    with pytest.raises(ValueError, match="a SCRAM verifier") as refused:
        scram.verifier(password, b"salt-of-16-bytes")
    assert not password or password not in str(refused.value)
