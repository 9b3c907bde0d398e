"""Creates and signs certificates with the contents that Go's crypto/x509 gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from sandbox.providers.resource_type import Created
from sandbox.providers.tls.keys import Key
from sandbox.providers.wire import Properties

_FLAGS: Mapping[str, str] = {"cert_signing": "key_cert_sign", "crl_signing": "crl_sign"}
FLAGS = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "cert_signing",
    "crl_signing",
    "encipher_only",
    "decipher_only",
)
PURPOSES: Mapping[str, ObjectIdentifier] = {
    "any_extended": ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    "server_auth": ExtendedKeyUsageOID.SERVER_AUTH,
    "client_auth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "code_signing": ExtendedKeyUsageOID.CODE_SIGNING,
    "email_protection": ExtendedKeyUsageOID.EMAIL_PROTECTION,
    "ipsec_end_system": ObjectIdentifier("1.3.6.1.5.5.7.3.5"),
    "ipsec_tunnel": ObjectIdentifier("1.3.6.1.5.5.7.3.6"),
    "ipsec_user": ObjectIdentifier("1.3.6.1.5.5.7.3.7"),
    "timestamping": ExtendedKeyUsageOID.TIME_STAMPING,
    "ocsp_signing": ExtendedKeyUsageOID.OCSP_SIGNING,
    "microsoft_server_gated_crypto": ObjectIdentifier("1.3.6.1.4.1.311.10.3.3"),
    "netscape_server_gated_crypto": ObjectIdentifier("2.16.840.1.113730.4.1"),
    "microsoft_commercial_code_signing": ObjectIdentifier("1.3.6.1.4.1.311.2.1.22"),
    "microsoft_kernel_code_signing": ObjectIdentifier("1.3.6.1.4.1.311.61.1.1"),
}


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def digest(key: Key) -> hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None:
    """The digest that matches the key's strength; Ed25519 has its own."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return None
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.key_size >= 384:
        return hashes.SHA384() if key.curve.key_size == 384 else hashes.SHA512()
    return hashes.SHA256()


def certificate(
    inputs: Properties,
    subject: x509.Name,
    names: x509.SubjectAlternativeName | None,
    public_key: CertificatePublicKeyTypes,
    signer: Key,
    issuer: x509.Certificate | None,
) -> Created:
    """Signs a certificate; without an issuer it is self-signed."""
    start = now()
    end = start + timedelta(hours=inputs["validityPeriodHours"])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )
    for extension, critical in _extensions(inputs, subject, names, public_key, issuer):
        builder = builder.add_extension(extension, critical)
    signed = builder.sign(signer, digest(signer))
    outputs = {
        "certPem": signed.public_bytes(Encoding.PEM).decode(),
        "validityStartTime": _text(start),
        "validityEndTime": _text(end),
    }
    return Created(str(signed.serial_number), outputs)


def ready_for_renewal(state: Properties, early_hours: int) -> bool:
    """Whether the certificate has expired or will within the given hours."""
    end = datetime.fromisoformat(state["validityEndTime"])
    return end - timedelta(hours=early_hours) <= now()


def _extensions(
    inputs: Properties,
    subject: x509.Name,
    names: x509.SubjectAlternativeName | None,
    public_key: CertificatePublicKeyTypes,
    issuer: x509.Certificate | None,
) -> list[tuple[x509.ExtensionType, bool]]:
    uses: Sequence[str] = inputs["allowedUses"]
    authority = inputs["isCaCertificate"]
    length = inputs["maxPathLength"]
    found: list[tuple[x509.ExtensionType, bool]] = [
        # the provider sets Go's MaxPathLen without MaxPathLenZero, so 0 means no limit
        (x509.BasicConstraints(authority, length if authority and length > 0 else None), True)
    ]
    flags = [use for use in uses if use in FLAGS]
    if flags:
        wanted = {_FLAGS.get(use, use): use in flags for use in FLAGS}
        found.append((x509.KeyUsage(**wanted), True))
    purposes = [PURPOSES[use] for use in uses if use in PURPOSES]
    if purposes:
        found.append((x509.ExtendedKeyUsage(purposes), False))
    own = x509.SubjectKeyIdentifier.from_public_key(public_key)
    if authority or inputs["setSubjectKeyId"]:
        found.append((own, False))
    of_issuer = _key_identifier(issuer) if issuer and issuer.subject != subject else None
    if inputs.get("setAuthorityKeyId"):
        of_issuer = own
    if of_issuer:
        key = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(of_issuer)
        found.append((key, False))
    if names:
        found.append((names, not list(subject)))
    return found


def _key_identifier(issuer: x509.Certificate) -> x509.SubjectKeyIdentifier | None:
    try:
        return issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return None


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
