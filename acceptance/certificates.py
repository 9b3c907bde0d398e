"""Checks after `up` that each certificate verifies against the authority in the outputs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from acceptance import certificate_expiry
from acceptance.roles import Tried
from config.settings.certificates import EXPIRY_WARNING_DAYS
from engine.result import Check


def checks(outputs: Mapping[str, Any], secrets: Any, tried: Tried) -> Iterator[Check]:
    told = outputs["certificates"]
    for name, issued in told["issued"].items():
        verified = partial(_verified, told["authority"]["certificate_pem"], issued, secrets)
        yield tried(f"certificate of {name}", "verifies", verified)
    yield tried(
        f"certificates that end within {EXPIRY_WARNING_DAYS} days", "none", lambda: _soon(outputs)
    )


def _verified(trusted_pem: str, issued: Mapping[str, Any], secrets: Any) -> str:
    answer = secrets.get_secret_value(SecretId=issued["secret_arn"])
    document = json.loads(answer["SecretString"])
    certificate = x509.load_pem_x509_certificate(document["certificate"].encode())
    trusted = x509.load_pem_x509_certificates(trusted_pem.encode())
    builder = PolicyBuilder().store(Store(trusted))
    hosts = _hosts(certificate)
    for host in hosts:
        builder.build_server_verifier(x509.DNSName(host)).verify(certificate, [])
    if not hosts:
        certificate.verify_directly_issued_by(
            next(each for each in trusted if each.subject == certificate.issuer)
        )
    return "verifies"


def _hosts(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return names.value.get_values_for_type(x509.DNSName)


def _soon(outputs: Mapping[str, Any]) -> str:
    found = certificate_expiry.ending_soon(outputs, datetime.now(UTC))
    return ", ".join(f"{each.name} in {each.days_left} days" for each in found) or "none"
