"""A private authority, and what it issues to servers and clients inside the VPC.

The authority's private key leaves the state, where it is encrypted, for no other place: nothing
that runs needs it, and whoever has it can pass for any server.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pulumi
import pulumi_tls as tls
from pulumi_aws import secretsmanager
from pulumi_random import RandomId

from components.monitoring.alarm_target import AlarmTarget
from components.outputs import AuthorityOutputs, CertificateOutputs, IssuedCertificateOutputs
from components.scope import StackScope
from config.settings.certificates import (
    AuthoritySettings,
    CertificateSettings,
    IssuedCertificateSettings,
)

ORGANIZATION = "NexusFlow"
HOURS = 24


@dataclass(frozen=True)
class IssuedCertificate:
    """The secret is a JSON document with the keys certificate, private_key (PKCS #8) and ca."""

    secret_key: str
    """The key of its secret in the lists of secrets and their readers."""
    secret_arn: pulumi.Output[str]
    version_id: pulumi.Output[str]
    """Changes with the certificate, so that tasks and hosts that use it are replaced."""
    certificate_pem: pulumi.Output[str]
    not_after: pulumi.Output[str]


@dataclass(frozen=True, kw_only=True)
class CertificateAuthorityArgs:
    scope: StackScope
    settings: CertificateSettings
    kms_key_arn: pulumi.Input[str]
    recovery_days: int


class CertificateAuthority(pulumi.ComponentResource):
    """`certificate_pem` is what clients trust: every trusted key version, the signing one first."""

    certificate_pem: pulumi.Output[str]
    not_after: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: CertificateAuthorityArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("nexusflow:security:CertificateAuthority", name, None, opts)
        self._name, self._args = name, args
        self._issued: dict[str, IssuedCertificate] = {}
        signing = args.settings.authority.key_version
        others = [number for number in args.settings.authority.trusted if number != signing]
        self._key, self._certificate = self._authority(signing)
        certificates = [self._certificate, *(self._authority(number)[1] for number in others)]
        self.certificate_pem = pulumi.Output.concat(*(made.cert_pem for made in certificates))
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
        """A certificate whose common name is `name`: by it a server knows a client."""
        uses = {"server_auth": server, "client_auth": client}
        if name in self._issued:
            raise ValueError(f"{name}: a certificate of this name has been issued already")
        if server and not dns_names:
            raise ValueError(f"{name}: a server's certificate needs the names that clients verify")
        certificate = Certificate(
            f"{self._name}-{name}",
            CertificateArgs(
                prefix=self._args.scope.prefix,
                common_name=name,
                dns_names=dns_names,
                uses=[use for use, wanted in uses.items() if wanted],
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

        CloudWatch has no clock: the timestamps of a metric that is always published tell the time.
        `clock` is the identifier of an RDS instance, whose CPUUtilization serves as that metric.
        """
        ends = [self.not_after, *(issued.not_after for issued in self._issued.values())]
        return [
            AlarmTarget(
                store="tls",
                instance="certificates",
                type="certificates",
                dimensions={"DBInstanceIdentifier": clock},
                variables={"end": pulumi.Output.all(*ends).apply(earliest_expiry)},
            )
        ]

    def outputs(self) -> CertificateOutputs:
        """Of all that was issued so far."""
        return CertificateOutputs(
            authority=AuthorityOutputs(self.certificate_pem, self.not_after),
            issued={
                name: IssuedCertificateOutputs(issued.secret_arn, issued.not_after)
                for name, issued in self._issued.items()
            },
        )

    def _authority(self, key_version: int) -> tuple[tls.PrivateKey, tls.SelfSignedCert]:
        """One key version. Renewal keeps the key, so what it signed goes on being trusted."""
        settings: AuthoritySettings = self._args.settings.authority
        name = f"{self._name}-authority-{key_version}"
        child = pulumi.ResourceOptions(parent=self)
        key = _key(name, child)
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
            validity_period_hours=settings.validity_days * HOURS,
            early_renewal_hours=settings.renewal_days * HOURS,
            opts=child,
        )
        return key, certificate


@dataclass(frozen=True, kw_only=True)
class CertificateArgs:
    prefix: str
    common_name: str
    dns_names: Sequence[pulumi.Input[str]]
    uses: Sequence[str]
    settings: IssuedCertificateSettings
    authority_key_pem: pulumi.Input[str]
    authority_certificate_pem: pulumi.Input[str]
    trusted_pem: pulumi.Input[str]
    kms_key_arn: pulumi.Input[str]
    recovery_days: int


class Certificate(pulumi.ComponentResource):
    """A key, its certificate, and the secret that holds both."""

    issued: IssuedCertificate

    def __init__(
        self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:security:Certificate", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        settings = args.settings
        key = _key(
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
            validity_period_hours=settings.validity_days * HOURS,
            early_renewal_hours=settings.renewal_days * HOURS,
            opts=child,
        )
        self.issued = self._stored(name, args, key, certificate)
        self.register_outputs(
            {"secret_arn": self.issued.secret_arn, "not_after": self.issued.not_after}
        )

    def _stored(
        self,
        name: str,
        args: CertificateArgs,
        key: tls.PrivateKey,
        certificate: tls.LocallySignedCert,
    ) -> IssuedCertificate:
        child = pulumi.ResourceOptions(parent=self)
        # A deleted secret keeps its name for the days of its recovery.
        name_suffix = RandomId(f"{name}-name-suffix", byte_length=4, opts=child)
        secret = secretsmanager.Secret(
            name,
            name=pulumi.Output.format(
                "{0}/tls/{1}-{2}", args.prefix, args.common_name, name_suffix.hex
            ),
            description=f"Certificate and private key of {args.common_name}",
            kms_key_id=args.kms_key_arn,
            recovery_window_in_days=args.recovery_days,
            opts=child,
        )
        version = secretsmanager.SecretVersion(
            name,
            secret_id=secret.arn,
            secret_string=pulumi.Output.json_dumps(
                {
                    "certificate": certificate.cert_pem,
                    "private_key": key.private_key_pem_pkcs8,
                    "ca": args.trusted_pem,
                }
            ),
            # Stated, so that a value put by hand, which takes the stage, is drift.
            version_stages=["AWSCURRENT"],
            opts=child,
        )
        return IssuedCertificate(
            secret_key=f"tls-{args.common_name}",
            secret_arn=secret.arn,
            version_id=version.version_id,
            certificate_pem=certificate.cert_pem,
            not_after=certificate.validity_end_time,
        )


def _key(name: str, opts: pulumi.ResourceOptions) -> tls.PrivateKey:
    return tls.PrivateKey(name, algorithm="ECDSA", ecdsa_curve="P256", opts=opts)


def earliest_expiry(ends: Sequence[str]) -> int:
    """The first of RFC 3339 times, in seconds since 1970."""
    return min(int(datetime.fromisoformat(end).timestamp()) for end in ends)
