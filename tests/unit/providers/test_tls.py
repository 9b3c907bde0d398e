"""The tls provider over its real protocol: keys, chains that verify, renewal, what is secret."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from sandbox.providers.tls import signing
from sandbox.providers.tls.__main__ import PROVIDER
from sandbox.providers.wire import UNKNOWN, Properties
from tests.sandbox.providers.engine_client import Engine, Live, ProviderError, engine

KEY = "tls:index/privateKey:PrivateKey"
REQUEST = "tls:index/certRequest:CertRequest"
SELF_SIGNED = "tls:index/selfSignedCert:SelfSignedCert"
SIGNED = "tls:index/locallySignedCert:LocallySignedCert"
P256: Properties = {"algorithm": "ECDSA", "ecdsaCurve": "P256"}
HOST = "pgbouncer.nexusflow.internal"
CA_USES = ["cert_signing", "crl_signing"]
USES = ["digital_signature", "server_auth"]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def tls() -> Iterator[Engine]:
    with engine(PROVIDER) as speaking:
        yield speaking


@pytest.fixture(scope="module")
def authority_key(tls: Engine) -> Live:
    return tls.create(KEY, P256)


def authority(tls: Engine, key: Live, **more: Any) -> Live:
    return tls.create(
        SELF_SIGNED,
        {
            "privateKeyPem": key.state["privateKeyPem"],
            "subject": {"commonName": "An authority", "organization": "NexusFlow"},
            "isCaCertificate": True,
            "allowedUses": CA_USES,
            "validityPeriodHours": 1000,
            **more,
        },
    )


def request(tls: Engine, **more: Any) -> Live:
    key = tls.create(KEY, P256)
    names = {"subject": {"commonName": HOST}, "dnsNames": [HOST]}
    return tls.create(REQUEST, {"privateKeyPem": key.state["privateKeyPemPkcs8"], **names, **more})


def signed_inputs(tls: Engine, key: Live, ca: Live, **more: Any) -> Properties:
    return {
        "certRequestPem": request(tls).state["certRequestPem"],
        "caCertPem": ca.state["certPem"],
        "caPrivateKeyPem": key.state["privateKeyPem"],
        "allowedUses": USES,
        "validityPeriodHours": 100,
        **more,
    }


def parsed(live: Live) -> x509.Certificate:
    return x509.load_pem_x509_certificate(live.state["certPem"].encode())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """What the provider takes for the time; a test may set it forward."""
    time = [NOW]
    monkeypatch.setattr(signing, "now", lambda: time[0])
    return time


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
def test_every_algorithm_signs_and_is_told(tls: Engine, algorithm: str) -> None:
    key = tls.create(KEY, {"algorithm": algorithm})
    ca = authority(tls, key)
    leaf = tls.create(SIGNED, signed_inputs(tls, key, ca))
    parsed(leaf).verify_directly_issued_by(parsed(ca))
    assert ca.state["keyAlgorithm"] == leaf.state["caKeyAlgorithm"] == algorithm


def test_a_key_is_told_in_notations_that_say_the_same(authority_key: Live) -> None:
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


def test_what_was_made_stays_through_refresh_and_shows_no_difference(
    tls: Engine, authority_key: Live
) -> None:
    ca = authority(tls, authority_key)
    leaf = tls.create(SIGNED, signed_inputs(tls, authority_key, ca))
    for live in (authority_key, ca, request(tls), leaf):
        seen = tls.read(live)
        assert seen is not None
        assert (seen.state, seen.secrets) == (live.state, live.secrets)
        assert tls.drift(live) == set()
        tls.delete(live)


def test_a_certificate_near_its_end_is_drift_and_its_replacement_is_asked_for(
    tls: Engine, authority_key: Live, clock: list[datetime]
) -> None:
    ca = authority(tls, authority_key)
    inputs = signed_inputs(tls, authority_key, ca, earlyRenewalHours=30)
    leaf = tls.create(SIGNED, inputs)
    assert leaf.state["readyForRenewal"] is False
    clock[0] = NOW + timedelta(hours=69)
    assert tls.drift(leaf) == set()
    clock[0] = NOW + timedelta(hours=70)
    assert tls.diff(leaf, inputs) == ({"readyForRenewal"}, {"readyForRenewal"})
    assert tls.drift(leaf) == {"readyForRenewal"}
    seen = tls.read(leaf)
    assert seen is not None
    assert seen.state["readyForRenewal"] is True
    renewed = tls.create(SIGNED, inputs)
    assert renewed.state["validityEndTime"] > leaf.state["validityEndTime"]
    assert tls.drift(renewed) == set()


def test_an_expired_certificate_is_due_even_without_early_hours(
    tls: Engine, authority_key: Live, clock: list[datetime]
) -> None:
    ca = authority(tls, authority_key)
    clock[0] = NOW + timedelta(hours=1000, seconds=-1)
    assert tls.drift(ca) == set()
    clock[0] = NOW + timedelta(hours=1000)
    assert tls.drift(ca) == {"readyForRenewal"}


def test_the_early_hours_change_in_place(
    tls: Engine, authority_key: Live, clock: list[datetime]
) -> None:
    ca = authority(tls, authority_key)
    wanted = {**ca.inputs, "earlyRenewalHours": 10}
    assert tls.diff(ca, wanted) == ({"earlyRenewalHours"}, set())
    changed = tls.update(ca, wanted)
    assert changed.state["certPem"] == ca.state["certPem"]
    clock[0] = NOW + timedelta(hours=995)
    assert tls.diff(ca, ca.inputs) == (set(), set())
    assert "readyForRenewal" in tls.diff(changed, wanted)[1]


@pytest.mark.parametrize("token", sorted(PROVIDER.resource_types))
def test_every_other_input_replaces_and_says_why(token: str) -> None:
    resource_type = PROVIDER.resource_types[token]
    in_place = {
        name for name in resource_type.inputs if not resource_type.properties[name].replaces
    }
    of_certificates = {"earlyRenewalHours", "maxPathLength"}
    assert in_place == (of_certificates if token in (SELF_SIGNED, SIGNED) else set())


def test_a_preview_knows_the_inputs_and_none_of_what_will_be_made(tls: Engine) -> None:
    planned = tls.preview_create(SIGNED, {**_unknown_chain(), "allowedUses": USES})
    assert planned["certPem"] is UNKNOWN
    assert planned["validityEndTime"] is UNKNOWN
    assert planned["allowedUses"] == USES


def _unknown_chain() -> Properties:
    unknown = ("certRequestPem", "caCertPem", "caPrivateKeyPem")
    return {**dict.fromkeys(unknown, UNKNOWN), "validityPeriodHours": 10}


def test_the_uses_and_names_stand_in_the_certificate(tls: Engine, authority_key: Live) -> None:
    ca = authority(tls, authority_key, setSubjectKeyId=True)
    leaf = parsed(tls.create(SIGNED, signed_inputs(tls, authority_key, ca)))
    constraints = parsed(ca).extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value.ca
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    usage = parsed(ca).extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.key_cert_sign, usage.crl_sign, usage.digital_signature) == (True, True, False)
    purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]
    assert parsed(ca).subject.rfc4514_string() == "CN=An authority,O=NexusFlow"


@pytest.mark.parametrize(
    ("token", "inputs", "fault"),
    [
        (KEY, {}, ("algorithm", "requires this property")),
        (KEY, {"algorithm": "DSA"}, ("algorithm", "must be one of RSA, ECDSA, ED25519")),
        (KEY, {**P256, "ecdsaCurve": "P-256"}, ("ecdsaCurve", "must be one of P224, P256")),
        (KEY, {**P256, "keepers": {}}, ("keepers", "does not know this property")),
        (
            SIGNED,
            {**_unknown_chain(), "allowedUses": ["server"]},
            ("allowedUses", "server is none of any_extended"),
        ),
        (
            SIGNED,
            {**_unknown_chain(), "allowedUses": USES, "earlyRenewalHours": -1},
            ("earlyRenewalHours", "must be at least 0"),
        ),
        (
            REQUEST,
            {"privateKeyPem": UNKNOWN, "ipAddresses": ["10.20.0.300"]},
            ("ipAddresses", "10.20.0.300 is no IP address"),
        ),
        (
            SELF_SIGNED,
            {
                "privateKeyPem": UNKNOWN,
                "allowedUses": CA_USES,
                "validityPeriodHours": 1,
                "isCaCertificate": True,
            },
            ("subject", "an authority needs at least one name"),
        ),
    ],
)
def test_what_cannot_be_made_is_refused_before(
    tls: Engine, token: str, inputs: Properties, fault: tuple[str, str]
) -> None:
    _, failures = tls.check(token, inputs)
    assert set(failures) == {fault[0]}
    assert fault[1] in failures[fault[0]]


def test_a_key_that_is_not_the_authoritys_signs_nothing_and_is_not_told(
    tls: Engine, authority_key: Live
) -> None:
    ca = authority(tls, authority_key)
    other = tls.create(KEY, P256)
    inputs = signed_inputs(tls, other, ca)
    with pytest.raises(ProviderError, match="is not the key of caCertPem") as refused:
        tls.create(SIGNED, inputs)
    assert "PRIVATE KEY" not in str(refused.value)


def test_an_import_is_refused_because_only_the_state_holds_the_value(tls: Engine) -> None:
    with pytest.raises(ProviderError, match="cannot be imported"):
        tls.read(Live(KEY, "0a1b", {}, {}))
