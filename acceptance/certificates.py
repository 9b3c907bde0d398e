"""Checks of the certificates: each verifies against the published CA, and none expires soon.

Certificates are renewed by the first `up` within the renewal period, and `nexusdb drift` reports
the renewal until then. One that expires soon has missed it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from acceptance import secret_values
from acceptance.attempt import check
from config.settings.certificates import EXPIRY_WARNING_DAYS
from engine.result import Check

AUTHORITY = "authority"
VALID = "valid"


@dataclass(frozen=True, order=True)
class Expiry:
    days_left: int
    """Whole days, negative once it has expired."""
    name: str


def checks(outputs: Mapping[str, Any], secrets_manager: Any) -> Iterator[Check]:
    published = outputs["certificates"]
    for name, issued in published["issued"].items():
        ca_pem = published["authority"]["certificate_pem"]
        yield check(
            f"certificate of {name}", VALID, partial(_verify, ca_pem, issued, secrets_manager)
        )
    yield check(
        f"certificates expiring within {EXPIRY_WARNING_DAYS} days",
        "none",
        lambda: _expiring_soon(outputs),
    )


def expiries(outputs: Mapping[str, Any], now: datetime) -> list[Expiry]:
    """Every certificate of the stack outputs, the CA's included, the first to expire first."""
    certificates = outputs["certificates"]
    not_after = {AUTHORITY: certificates["authority"]["not_after"]}
    not_after |= {name: issued["not_after"] for name, issued in certificates["issued"].items()}
    return sorted(
        Expiry((datetime.fromisoformat(end) - now).days, name) for name, end in not_after.items()
    )


def expiring_within(
    outputs: Mapping[str, Any], now: datetime, days: int = EXPIRY_WARNING_DAYS
) -> list[Expiry]:
    return [expiry for expiry in expiries(outputs, now) if expiry.days_left < days]


def _verify(ca_pem: str, issued: Mapping[str, Any], secrets_manager: Any) -> str:
    document = secret_values.read(secrets_manager, issued["secret_arn"])
    certificate = x509.load_pem_x509_certificate(document["certificate"].encode())
    authorities = x509.load_pem_x509_certificates(ca_pem.encode())
    builder = PolicyBuilder().store(Store(authorities))
    names = _dns_names(certificate)
    for name in names:
        builder.build_server_verifier(x509.DNSName(name)).verify(certificate, [])
    if not names:
        certificate.verify_directly_issued_by(
            next(each for each in authorities if each.subject == certificate.issuer)
        )
    return VALID


def _dns_names(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return names.value.get_values_for_type(x509.DNSName)


def _expiring_soon(outputs: Mapping[str, Any]) -> str:
    found = expiring_within(outputs, datetime.now(UTC))
    return ", ".join(f"{each.name} in {each.days_left} days" for each in found) or "none"
