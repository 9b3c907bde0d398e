"""The sandbox's `tls` provider: keys and certificates, generated once and kept in the state."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from sandbox.providers.provider import Provider, table
from sandbox.providers.serve import serve
from sandbox.providers.tls.certificates import CertRequest, LocallySignedCert, SelfSignedCert
from sandbox.providers.tls.keys import PrivateKey

PROVIDER: Provider[Any] = Provider(
    name="tls",
    version=version("pulumi-tls"),
    resource_types=table((PrivateKey(), CertRequest(), SelfSignedCert(), LocallySignedCert())),
    configure=lambda config: None,
)

if __name__ == "__main__":
    serve(PROVIDER)
