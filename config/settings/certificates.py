"""Settings of the private certificate authority and of the certificates that it issues."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.model import Model
from config.settings.types import CredentialVersion

EXPIRY_WARNING_DAYS = 30
"""Days before a certificate expires at which the alarm fires: its renewal is overdue."""

AuthorityKeyVersion = Annotated[
    int, Field(ge=1, description="a whole number from 1; each identifies a separate authority")
]
ClientName = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9-]{0,39}$",
        description="a name of 1 to 40 lower-case letters, digits and hyphens",
    ),
]


class AuthoritySettings(Model):
    """The authority. Rotate it in three steps: trust the next key version as well, sign with it,
    stop trusting the previous one.
    """

    key_version: AuthorityKeyVersion
    trusted: tuple[AuthorityKeyVersion, ...] = Field(
        min_length=1, description="the key versions that servers and clients trust: [1]"
    )
    validity_days: int = Field(
        ge=365,
        le=7300,
        description="days for which an authority's certificate is valid, 365 to 7300",
    )
    renewal_days: int = Field(
        ge=1, description="how many days before it expires the certificate is renewed"
    )


class IssuedCertificateSettings(Model):
    key_version: CredentialVersion
    validity_days: int = Field(
        ge=60, le=825, description="days for which an issued certificate is valid, 60 to 825"
    )
    renewal_days: int = Field(
        ge=1, description="how many days before it expires a certificate is renewed"
    )


class CertificateSettings(Model):
    clients: tuple[ClientName, ...] = Field(
        (), description="applications that each get a client certificate: [nexusflow-api]"
    )
    authority: AuthoritySettings = Field(
        description="{key_version: …, trusted: […], validity_days: …, renewal_days: …}"
    )
    issued: IssuedCertificateSettings = Field(
        description="{key_version: …, validity_days: …, renewal_days: …}"
    )
