"""The settings of the private authority and of the certificates that it issues."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.settings.model import CredentialVersion, Model

WARNED_DAYS = 30
"""A certificate that ends sooner rings the alarm: its renewal is overdue."""

AuthorityKeyVersion = Annotated[
    int, Field(ge=1, description="a whole number from 1; each is an authority of its own")
]


ClientName = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9-]{0,39}$",
        description="a name of 1 to 40 lower-case letters, digits and hyphens",
    ),
]


class AuthoritySettings(Model):
    """Rotated in three steps: trust the next key version too, sign with it, trust it alone."""

    key_version: AuthorityKeyVersion
    trusted: tuple[AuthorityKeyVersion, ...] = Field(
        min_length=1, description="the key versions that servers and clients trust: [1]"
    )
    validity_days: int = Field(
        ge=365, le=7300, description="days that an authority's certificate holds, 365 to 7300"
    )
    renewal_days: int = Field(
        ge=1, description="how many days before its end the certificate is made anew"
    )


class IssuedCertificateSettings(Model):
    key_version: CredentialVersion
    validity_days: int = Field(
        ge=60, le=825, description="days that an issued certificate holds, 60 to 825"
    )
    renewal_days: int = Field(
        ge=1, description="how many days before its end a certificate is made anew"
    )


class CertificateSettings(Model):
    clients: tuple[ClientName, ...] = Field(
        (), description="applications that get a client's certificate each: [nexusflow-api]"
    )
    authority: AuthoritySettings = Field(
        description="{key_version: …, trusted: […], validity_days: …, renewal_days: …}"
    )
    issued: IssuedCertificateSettings = Field(
        description="{key_version: …, validity_days: …, renewal_days: …}"
    )
