"""Inputs of keys, requests and certificates."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cryptography import x509

from sandbox.providers.wire import Properties
from tests.sandbox.providers.engine_client import Engine, Live

KEY = "tls:index/privateKey:PrivateKey"

REQUEST = "tls:index/certRequest:CertRequest"

SELF_SIGNED = "tls:index/selfSignedCert:SelfSignedCert"

SIGNED = "tls:index/locallySignedCert:LocallySignedCert"

P256: Properties = {"algorithm": "ECDSA", "ecdsaCurve": "P256"}

HOST = "pgbouncer.nexusflow.internal"

CA_USES = ["cert_signing", "crl_signing"]

USES = ["digital_signature", "server_auth"]

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


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
