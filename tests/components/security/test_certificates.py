"""The private certificate authority: issued certificates, outputs, alarms, rotation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pulumi
import pytest

from components.outputs import CertificateOutputs
from components.scope import StackScope
from components.security.certificate_authority import CertificateAuthority, CertificateAuthorityArgs
from config.settings.certificates import (
    AuthoritySettings,
    CertificateSettings,
    IssuedCertificateSettings,
)
from tests.components.recording import Run, record

SCOPE = StackScope("nexusflow-test", "123456789012", "us-east-1")
KEY = "tls:index/privateKey:PrivateKey"
AUTHORITY = "tls:index/selfSignedCert:SelfSignedCert"
REQUEST = "tls:index/certRequest:CertRequest"
SIGNED = "tls:index/locallySignedCert:LocallySignedCert"
SECRET = "aws:secretsmanager/secret:Secret"
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
NAMES = ["pgbouncer.nexusflow.internal", "readers.pgbouncer.nexusflow.internal"]


def settings(
    signs: int = 1,
    trusted: tuple[int, ...] = (1,),
    key_version: int = 1,
    clients: tuple[str, ...] = (),
) -> CertificateSettings:
    return CertificateSettings(
        clients=clients,
        authority=AuthoritySettings(
            key_version=signs, trusted=trusted, validity_days=3650, renewal_days=730
        ),
        issued=IssuedCertificateSettings(
            key_version=key_version, validity_days=365, renewal_days=60
        ),
    )


def issued(
    wanted: CertificateSettings,
    names: Sequence[str] = NAMES,
    *,
    server: bool = True,
    client: bool = False,
) -> tuple[Run, CertificateOutputs]:
    told: list[CertificateOutputs] = []

    def program() -> None:
        args = CertificateAuthorityArgs(
            scope=SCOPE, settings=wanted, kms_key_arn="arn:aws:kms:::key/secrets", recovery_days=7
        )
        authority = CertificateAuthority("tls", args)
        authority.issue("pgbouncer", names, server=server, client=client)
        told.append(authority.outputs())
        pulumi.export("certificate_pem", authority.certificate_pem)

    return record(program), told[0]


@pytest.fixture(scope="module")
def run() -> Run:
    return issued(settings())[0]


def document(run: Run) -> dict[str, Any]:
    found = json.loads(run.one(VERSION).inputs["secretString"])
    assert isinstance(found, dict)
    return found


def test_every_key_is_an_ecdsa_key_of_p256(run: Run) -> None:
    assert [(k.inputs["algorithm"], k.inputs["ecdsaCurve"]) for k in run.all(KEY)] == [
        ("ECDSA", "P256")
    ] * 2


def test_the_authority_signs_certificates_and_nothing_else(run: Run) -> None:
    inputs = run.one(AUTHORITY).inputs
    assert inputs["isCaCertificate"] is True
    assert inputs["allowedUses"] == ["cert_signing", "crl_signing"]
    assert inputs["subject"]["commonName"] == "nexusflow-test authority 1"
    assert (inputs["validityPeriodHours"], inputs["earlyRenewalHours"]) == (87600, 17520)


@pytest.mark.parametrize(
    ("server", "client", "uses"),
    [
        (True, False, ["digital_signature", "server_auth"]),
        (True, True, ["digital_signature", "server_auth", "client_auth"]),
        (False, True, ["digital_signature", "client_auth"]),
    ],
)
def test_a_certificate_is_for_a_server_a_client_or_both(
    server: bool, client: bool, uses: list[str]
) -> None:
    inputs = issued(settings(), server=server, client=client)[0].one(SIGNED).inputs
    assert inputs["allowedUses"] == uses
    assert "isCaCertificate" not in inputs
    assert (inputs["validityPeriodHours"], inputs["earlyRenewalHours"]) == (8760, 1440)


def test_each_configured_client_gets_a_certificate_for_client_authentication_only() -> None:
    run, outputs = issued(settings(clients=("nexusflow-api",)))
    signed = run.one(SIGNED, "tls-nexusflow-api").inputs
    assert signed["allowedUses"] == ["digital_signature", "client_auth"]
    request = run.one(REQUEST, "tls-nexusflow-api").inputs
    assert request["subject"]["commonName"] == "nexusflow-api"
    assert not request.get("dnsNames")
    assert set(outputs.issued) == {"nexusflow-api", "pgbouncer"}


def test_a_second_certificate_of_the_same_name_is_refused() -> None:
    with pytest.raises(ValueError, match="pgbouncer: a certificate of this name"):
        issued(settings(clients=("pgbouncer",)))


def test_a_certificate_names_its_hosts_and_its_owner(run: Run) -> None:
    inputs = run.one(REQUEST).inputs
    assert inputs["dnsNames"] == NAMES
    assert inputs["subject"]["commonName"] == "pgbouncer"


def test_a_server_certificate_without_dns_names_is_refused() -> None:
    with pytest.raises(ValueError, match="pgbouncer: a server's certificate needs the names"):
        issued(settings(), names=[])


def test_the_secret_has_certificate_private_key_and_trusted_certificates(run: Run) -> None:
    assert document(run) == {
        "certificate": "Certificate-of-tls-pgbouncer\n",
        "private_key": "Private-key-of-tls-pgbouncer",
        "ca": "Certificate-of-tls-authority-1\n",
    }
    secret = run.one(SECRET).inputs
    assert secret["name"] == "nexusflow-test/tls/pgbouncer-0a1b2c3d"
    assert secret["kmsKeyId"] == "arn:aws:kms:::key/secrets"
    assert secret["recoveryWindowInDays"] == 7


def test_private_keys_are_secret_in_every_input(run: Run) -> None:
    holders = [
        (resource, key)
        for resource in run.resources
        for key, value in resource.inputs.items()
        if "Private-key-of" in json.dumps(value)
    ]
    assert {resource.token for resource, _ in holders} == {AUTHORITY, REQUEST, SIGNED, VERSION}
    assert all(resource.is_secret(key) for resource, key in holders)


def test_the_authoritys_key_is_in_no_secret_of_secrets_manager(run: Run) -> None:
    assert "Private-key-of-tls-authority" not in json.dumps(document(run))


def test_the_outputs_have_the_trusted_certificates_and_every_expiry() -> None:
    run, outputs = issued(settings())
    assert set(outputs.issued) == {"pgbouncer"}
    assert run.outputs["certificate_pem"] == "Certificate-of-tls-authority-1\n"


def test_raising_the_key_version_replaces_keys_of_certificates_but_not_of_the_authority() -> None:
    def triggers(key_version: int) -> dict[str, Any]:
        keys = issued(settings(key_version=key_version))[0].all(KEY)
        return {key.name: str(key.request.replacement_trigger) for key in keys}

    first, second = triggers(1), triggers(2)
    assert first.keys() == second.keys()
    assert {name for name in first if first[name] != second[name]} == {"tls-pgbouncer"}


def test_a_new_key_version_is_trusted_before_it_signs_and_after_the_old_one_is_removed() -> None:
    one, two = "Certificate-of-tls-authority-1\n", "Certificate-of-tls-authority-2\n"
    steps = [(1, (1,)), (1, (1, 2)), (2, (1, 2)), (2, (2,))]
    runs = [issued(settings(signs, trusted))[0] for signs, trusted in steps]
    assert [(run.one(SIGNED).inputs["caCertPem"], document(run)["ca"]) for run in runs] == [
        (one, one),
        (one, one + two),
        (two, two + one),
        (two, two),
    ]
