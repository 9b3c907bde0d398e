"""A TLS certificate signed by the private authority, and the secret that hosts and tasks read it
from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_tls as tls

from components.security.json_secret import JsonSecretArgs, json_secret
from config.settings.certificates import IssuedCertificateSettings

ORGANIZATION = "NexusFlow"
HOURS_PER_DAY = 24


@dataclass(frozen=True)
class IssuedCertificate:
    """A certificate and its secret, a JSON document with the keys certificate, private_key (both
    PEM, the key as PKCS #8) and ca (the certificates to trust)."""

    secret_key: str
    """The key that lists of secrets and secret readers use for the secret."""
    secret_arn: pulumi.Output[str]
    version_id: pulumi.Output[str]
    """The version of the secret. It changes with the certificate: tasks and hosts that include it
    in their definition are replaced on renewal."""
    certificate_pem: pulumi.Output[str]
    not_after: pulumi.Output[str]
    """The time of expiry (RFC 3339)."""


@dataclass(frozen=True, kw_only=True)
class CertificateArgs:
    prefix: str
    common_name: str
    dns_names: Sequence[pulumi.Input[str]]
    uses: Sequence[str]
    """Extended key usages: server_auth, client_auth or both."""
    settings: IssuedCertificateSettings
    authority_key_pem: pulumi.Input[str]
    authority_certificate_pem: pulumi.Input[str]
    trusted_pem: pulumi.Input[str]
    """The authority's certificates of all trusted key versions."""
    kms_key_arn: pulumi.Input[str]
    recovery_days: int
    """How long a deleted secret can be restored."""


class Certificate(pulumi.ComponentResource):
    """A private key, its certificate, and the secret with both."""

    issued: IssuedCertificate

    def __init__(
        self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:security:Certificate", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        settings = args.settings
        key = private_key(
            name,
            pulumi.ResourceOptions(parent=self, replacement_trigger=settings.key_version),
        )
        request = tls.CertRequest(
            name,
            private_key_pem=key.private_key_pem,
            subject={"common_name": args.common_name, "organization": ORGANIZATION},
            dns_names=list(args.dns_names),
            opts=child,
        )
        certificate = tls.LocallySignedCert(
            name,
            cert_request_pem=request.cert_request_pem,
            ca_private_key_pem=args.authority_key_pem,
            ca_cert_pem=args.authority_certificate_pem,
            set_subject_key_id=True,
            allowed_uses=["digital_signature", *args.uses],
            validity_period_hours=settings.validity_days * HOURS_PER_DAY,
            early_renewal_hours=settings.renewal_days * HOURS_PER_DAY,
            opts=child,
        )
        secret = json_secret(
            name,
            JsonSecretArgs(
                secret_name=f"{args.prefix}/tls/{args.common_name}",
                description=f"Certificate and private key of {args.common_name}",
                kms_key_arn=args.kms_key_arn,
                recovery_days=args.recovery_days,
                document={
                    "certificate": certificate.cert_pem,
                    "private_key": key.private_key_pem_pkcs8,
                    "ca": args.trusted_pem,
                },
            ),
            self,
        )
        self.issued = IssuedCertificate(
            secret_key=f"tls-{args.common_name}",
            secret_arn=secret.arn,
            version_id=secret.version_id,
            certificate_pem=certificate.cert_pem,
            not_after=certificate.validity_end_time,
        )
        self.register_outputs(
            {"secret_arn": self.issued.secret_arn, "not_after": self.issued.not_after}
        )


def private_key(name: str, opts: pulumi.ResourceOptions) -> tls.PrivateKey:
    """An ECDSA P-256 key."""
    return tls.PrivateKey(name, algorithm="ECDSA", ecdsa_curve="P256", opts=opts)
