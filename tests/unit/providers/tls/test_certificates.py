"""Keys and certificates of the tls provider."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from tests.sandbox.providers.engine_client import Engine, Live
from tests.unit.providers.tls.inputs import (
    HOST,
    KEY,
    P256,
    SIGNED,
    authority,
    parsed,
    request,
    signed_inputs,
)


def test_a_certificate_of_the_authority_verifies_for_its_name_and_no_other(
    tls: Engine, authority_key: Live
) -> None:
    ca = authority(tls, authority_key)
    leaf = tls.create(SIGNED, signed_inputs(tls, authority_key, ca))
    builder = PolicyBuilder().store(Store([parsed(ca)]))
    verifier = builder.build_server_verifier(x509.DNSName(HOST))
    assert verifier.verify(parsed(leaf), []) == [parsed(leaf), parsed(ca)]
    other = builder.build_server_verifier(x509.DNSName("redis.nexusflow.internal"))
    with pytest.raises(VerificationError):
        other.verify(parsed(leaf), [])


def test_openssl_accepts_the_chain_and_refuses_a_stranger(
    tls: Engine, authority_key: Live, tmp_path: Path
) -> None:
    ca = authority(tls, authority_key)
    stranger = authority(tls, tls.create(KEY, P256))
    leaf = tls.create(SIGNED, signed_inputs(tls, authority_key, ca))
    codes = []
    for number, issuer in enumerate((ca, stranger)):
        (tmp_path / f"ca-{number}.pem").write_text(issuer.state["certPem"])
        (tmp_path / "leaf.pem").write_text(leaf.state["certPem"])
        command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver"]
        command += ["-verify_hostname", HOST, "-CAfile", f"ca-{number}.pem", "leaf.pem"]
        codes.append(subprocess.run(command, cwd=tmp_path, capture_output=True).returncode)
    assert codes[0] == 0
    assert codes[1] != 0


@pytest.mark.parametrize("algorithm", ["RSA", "ECDSA", "ED25519"])
def test_every_algorithm_signs_and_is_named_in_the_certificate(tls: Engine, algorithm: str) -> None:
    key = tls.create(KEY, {"algorithm": algorithm})
    ca = authority(tls, key)
    leaf = tls.create(SIGNED, signed_inputs(tls, key, ca))
    parsed(leaf).verify_directly_issued_by(parsed(ca))
    assert ca.state["keyAlgorithm"] == leaf.state["caKeyAlgorithm"] == algorithm


def test_a_key_has_the_same_value_in_every_notation(authority_key: Live) -> None:
    state = authority_key.state
    keys = [
        load_pem_private_key(state[name].encode(), None)
        for name in ("privateKeyPem", "privateKeyPemPkcs8")
    ]
    assert isinstance(keys[0], ec.EllipticCurvePrivateKey)
    assert keys[0].curve.name == "secp256r1"
    assert keys[0].private_numbers() == keys[1].private_numbers()  # type: ignore[union-attr]
    assert state["privateKeyPem"].startswith("-----BEGIN EC PRIVATE KEY-----")
    assert state["privateKeyPemPkcs8"].startswith("-----BEGIN PRIVATE KEY-----")
    assert state["publicKeyFingerprintSha256"].startswith("SHA256:")
    assert state["publicKeyOpenssh"].startswith("ecdsa-sha2-nistp256 ")


def test_openssh_knows_no_p224(tls: Engine) -> None:
    state = tls.create(KEY, {"algorithm": "ECDSA"}).state
    assert state["ecdsaCurve"] == "P224"
    assert state["publicKeyOpenssh"] == state["privateKeyOpenssh"] == ""


def test_private_keys_are_secret_and_nothing_else_is(tls: Engine, authority_key: Live) -> None:
    ca = authority(tls, authority_key)
    leaf = tls.create(SIGNED, signed_inputs(tls, authority_key, ca))
    assert authority_key.secrets == {
        "privateKeyPem",
        "privateKeyPemPkcs8",
        "privateKeyOpenssh",
    }
    assert ca.secrets == {"privateKeyPem"}
    assert request(tls).secrets == {"privateKeyPem"}
    assert leaf.secrets == {"caPrivateKeyPem"}
