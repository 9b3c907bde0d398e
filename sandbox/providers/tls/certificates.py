"""Certificates: signing requests, certificates signed by an authority, and self-signed ones."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.providers.resource_type import Created, Property
from sandbox.providers.state_only import StateOnly
from sandbox.providers.tls import keys, names, signing
from sandbox.providers.wire import Properties, has_unknown

REPLACED = "RequiresReplace in terraform-provider-tls, internal/provider/resource_*_cert.go"
REQUESTED = "RequiresReplace in terraform-provider-tls, internal/provider/resource_cert_request.go"
# The write-only variants of keys are not supported: the check reports them as unknown.
_OF_A_CERTIFICATE = {
    "allowedUses": Property(required=True, replaces=REPLACED),
    "validityPeriodHours": Property(required=True, replaces=REPLACED),
    "isCaCertificate": Property(default=False, replaces=REPLACED),
    "setSubjectKeyId": Property(default=False, replaces=REPLACED),
    "maxPathLength": Property(default=-1),
    "earlyRenewalHours": Property(default=0),
    "certPem": Property(output=True),
    "readyForRenewal": Property(output=True),
    "validityStartTime": Property(output=True),
    "validityEndTime": Property(output=True),
}


class CertRequest(StateOnly):
    token = "tls:index/certRequest:CertRequest"
    properties = {
        "privateKeyPem": Property(required=True, replaces=REQUESTED, secret=True),
        **names.properties(REQUESTED),
        "certRequestPem": Property(output=True),
        "keyAlgorithm": Property(output=True),
    }

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        return names.faults(inputs)

    def create(self, session: None, inputs: Properties) -> Created:
        key = keys.loaded(inputs["privateKeyPem"])
        builder = x509.CertificateSigningRequestBuilder().subject_name(names.subject(inputs))
        alternatives = names.alternatives(inputs)
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), False)
        request = builder.sign(key, signing.digest(key))
        outputs = {
            "certRequestPem": request.public_bytes(Encoding.PEM).decode(),
            "keyAlgorithm": keys.algorithm(key),
        }
        der = request.public_bytes(Encoding.DER)
        return Created(hashlib.sha1(der).hexdigest(), outputs)  # noqa: S324 - an id


class _Certificate(StateOnly):
    """A certificate, which is due for replacement within `earlyRenewalHours` of its expiry. From
    then on every preview shows the replacement, as the real provider's ModifyPlan does."""

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        admitted = (*signing.FLAGS, *signing.PURPOSES)
        found = [
            ("allowedUses", f"{use} is not one of {', '.join(sorted(admitted))}")
            for use in inputs["allowedUses"]
            if not has_unknown(use) and use not in admitted
        ]
        least = {"validityPeriodHours": 0, "earlyRenewalHours": 0, "maxPathLength": -1}
        found += [
            (name, f"must be at least {bound}")
            for name, bound in least.items()
            if not has_unknown(inputs[name]) and inputs[name] < bound
        ]
        return found

    def read(self, session: None, resource_id: str, state: Properties) -> Properties:
        kept = super().read(session, resource_id, state)
        early = state["earlyRenewalHours"]
        return {**kept, "readyForRenewal": signing.ready_for_renewal(state, early)}

    def outdated(self, state: Properties, inputs: Properties) -> Sequence[str]:
        early = inputs["earlyRenewalHours"]
        if has_unknown(early) or not signing.ready_for_renewal(state, early):
            return ()
        return ("readyForRenewal",)

    def update(
        self,
        session: None,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        """Only the state changes, as in the real provider."""


class SelfSignedCert(_Certificate):
    token = "tls:index/selfSignedCert:SelfSignedCert"
    properties = {
        **_OF_A_CERTIFICATE,
        **names.properties(REPLACED),
        "privateKeyPem": Property(required=True, replaces=REPLACED, secret=True),
        "setAuthorityKeyId": Property(default=False, replaces=REPLACED),
        "keyAlgorithm": Property(output=True),
    }

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        nameless = inputs["isCaCertificate"] is True and not inputs.get("subject")
        return [
            *super().validate(inputs),
            *names.faults(inputs),
            *([("subject", "an authority needs at least one name")] if nameless else []),
        ]

    def create(self, session: None, inputs: Properties) -> Created:
        key = keys.loaded(inputs["privateKeyPem"])
        alternatives = names.alternatives(inputs)
        made = signing.certificate(
            inputs,
            names.subject(inputs),
            x509.SubjectAlternativeName(alternatives) if alternatives else None,
            key.public_key(),
            signer=key,
            issuer=None,
        )
        return Created(made.id, {**made.outputs, "keyAlgorithm": keys.algorithm(key)})


class LocallySignedCert(_Certificate):
    token = "tls:index/locallySignedCert:LocallySignedCert"
    properties = {
        **_OF_A_CERTIFICATE,
        "caCertPem": Property(required=True, replaces=REPLACED),
        "caPrivateKeyPem": Property(required=True, replaces=REPLACED, secret=True),
        "certRequestPem": Property(required=True, replaces=REPLACED),
        "caKeyAlgorithm": Property(output=True),
    }

    def create(self, session: None, inputs: Properties) -> Created:
        request = x509.load_pem_x509_csr(inputs["certRequestPem"].encode())
        issuer = x509.load_pem_x509_certificate(inputs["caCertPem"].encode())
        signer = keys.loaded(inputs["caPrivateKeyPem"])
        if signer.public_key() != issuer.public_key():
            raise ValueError("caPrivateKeyPem is not the key of caCertPem")
        made = signing.certificate(
            inputs,
            request.subject,
            _alternatives(request),
            request.public_key(),
            signer=signer,
            issuer=issuer,
        )
        return Created(made.id, {**made.outputs, "caKeyAlgorithm": keys.algorithm(signer)})


def _alternatives(request: x509.CertificateSigningRequest) -> x509.SubjectAlternativeName | None:
    try:
        return request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None
