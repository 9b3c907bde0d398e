"""The private certificate authority, which issues the TLS certificates of servers and clients
inside the VPC.

Its private key exists in the Pulumi state only, where it is encrypted. No host or task needs the
key, and anyone who has it can impersonate every server.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pulumi
import pulumi_tls as tls

from components.monitoring.alarm_target import AlarmTarget
from components.outputs import AuthorityOutputs, CertificateOutputs, IssuedCertificateOutputs
from components.scope import StackScope
from components.security.certificate import (
    HOURS_PER_DAY,
    ORGANIZATION,
    Certificate,
    CertificateArgs,
    IssuedCertificate,
    private_key,
)
from config.settings.certificates import CertificateSettings


@dataclass(frozen=True, kw_only=True)
class CertificateAuthorityArgs:
    scope: StackScope
    settings: CertificateSettings
    kms_key_arn: pulumi.Input[str]
    """The key of the certificates' secrets."""
    recovery_days: int
    """How long a deleted secret can be restored."""


class CertificateAuthority(pulumi.ComponentResource):
    """A self-signed CA certificate per trusted key version, and the certificates issued with the
    signing one. Client certificates from the settings are issued at once, those of servers when
    their components ask for them with `issue`."""

    certificate_pem: pulumi.Output[str]
    """What clients trust: the certificates of all trusted key versions, the signing one first."""
    not_after: pulumi.Output[str]
    """When the signing certificate expires (RFC 3339)."""

    def __init__(
        self,
        name: str,
        args: CertificateAuthorityArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("nexusflow:security:CertificateAuthority", name, None, opts)
        self._name, self._args = name, args
        self._issued: dict[str, IssuedCertificate] = {}
        signing_version = args.settings.authority.key_version
        self._key, self._certificate = self._authority(signing_version)
        other_certificates = [
            self._authority(version)[1]
            for version in args.settings.authority.trusted
            if version != signing_version
        ]
        self.certificate_pem = pulumi.Output.concat(
            *(certificate.cert_pem for certificate in (self._certificate, *other_certificates))
        )
        self.not_after = self._certificate.validity_end_time
        for client in args.settings.clients:
            self.issue(client, server=False, client=True)
        self.register_outputs(
            {"certificate_pem": self.certificate_pem, "not_after": self.not_after}
        )

    def issue(
        self,
        name: str,
        dns_names: Sequence[pulumi.Input[str]] = (),
        *,
        server: bool = True,
        client: bool = False,
    ) -> IssuedCertificate:
        """Issues a certificate with the common name `name`, by which a server identifies a client.
        `server` and `client` say what it may be used for.

        Raises ValueError if the name is already in use, or a server's certificate has no DNS names.
        """
        if name in self._issued:
            raise ValueError(f"{name}: a certificate of this name has been issued already")
        if server and not dns_names:
            raise ValueError(f"{name}: a server's certificate needs the names that clients verify")
        uses = {"server_auth": server, "client_auth": client}
        certificate = Certificate(
            f"{self._name}-{name}",
            CertificateArgs(
                prefix=self._args.scope.prefix,
                common_name=name,
                dns_names=dns_names,
                uses=[use for use, allowed in uses.items() if allowed],
                settings=self._args.settings.issued,
                authority_key_pem=self._key.private_key_pem,
                authority_certificate_pem=self._certificate.cert_pem,
                trusted_pem=self.certificate_pem,
                kms_key_arn=self._args.kms_key_arn,
                recovery_days=self._args.recovery_days,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self._issued[name] = certificate.issued
        return certificate.issued

    @property
    def secret_arns(self) -> dict[str, pulumi.Output[str]]:
        """The secrets of all certificates issued so far, by secret key."""
        return {issued.secret_key: issued.secret_arn for issued in self._issued.values()}

    def alarm_targets(self, clock: pulumi.Input[str]) -> list[AlarmTarget]:
        """One target for all certificates issued so far: the earliest expiry counts.

        CloudWatch has no clock, but the data points of a metric that is always published carry the
        current time. `clock` is the identifier of an RDS instance, which publishes such a metric.
        """
        expiries = [self.not_after, *(issued.not_after for issued in self._issued.values())]
        return [
            AlarmTarget(
                store="tls",
                instance="certificates",
                type="certificates",
                dimensions={"DBInstanceIdentifier": clock},
                variables={"end": pulumi.Output.all(*expiries).apply(earliest_expiry)},
            )
        ]

    def outputs(self) -> CertificateOutputs:
        """The stack outputs of the authority and of all certificates issued so far."""
        return CertificateOutputs(
            authority=AuthorityOutputs(self.certificate_pem, self.not_after),
            issued={
                name: IssuedCertificateOutputs(issued.secret_arn, issued.not_after)
                for name, issued in self._issued.items()
            },
        )

    def _authority(self, key_version: int) -> tuple[tls.PrivateKey, tls.SelfSignedCert]:
        """The key and CA certificate of a key version. Renewal keeps the key, so certificates that
        it signed before stay valid."""
        settings = self._args.settings.authority
        name = f"{self._name}-authority-{key_version}"
        child = pulumi.ResourceOptions(parent=self)
        key = private_key(name, child)
        certificate = tls.SelfSignedCert(
            name,
            private_key_pem=key.private_key_pem,
            subject={
                "common_name": f"{self._args.scope.prefix} authority {key_version}",
                "organization": ORGANIZATION,
            },
            is_ca_certificate=True,
            set_subject_key_id=True,
            set_authority_key_id=True,
            allowed_uses=["cert_signing", "crl_signing"],
            validity_period_hours=settings.validity_days * HOURS_PER_DAY,
            early_renewal_hours=settings.renewal_days * HOURS_PER_DAY,
            opts=child,
        )
        return key, certificate


def earliest_expiry(expiries: Sequence[str]) -> int:
    """The earliest of RFC 3339 times, in seconds since 1970."""
    return min(int(datetime.fromisoformat(expiry).timestamp()) for expiry in expiries)
