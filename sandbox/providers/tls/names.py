"""The names in a certificate: its subject, and the alternative names that clients verify."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from cryptography import x509
from cryptography.x509.oid import NameOID, ObjectIdentifier

from sandbox.providers.resource_type import Property
from sandbox.providers.wire import Properties, has_unknown

# In the order of Go's pkix.Name.
ATTRIBUTES: Mapping[str, ObjectIdentifier] = {
    "country": NameOID.COUNTRY_NAME,
    "organization": NameOID.ORGANIZATION_NAME,
    "organizationalUnit": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "locality": NameOID.LOCALITY_NAME,
    "province": NameOID.STATE_OR_PROVINCE_NAME,
    "streetAddresses": NameOID.STREET_ADDRESS,
    "postalCode": NameOID.POSTAL_CODE,
    "commonName": NameOID.COMMON_NAME,
    "serialNumber": NameOID.SERIAL_NUMBER,
    "emailAddress": NameOID.EMAIL_ADDRESS,
}


def properties(replaced: str) -> dict[str, Property]:
    names = ("subject", "dnsNames", "ipAddresses", "uris")
    return {name: Property(replaces=replaced) for name in names}


def faults(inputs: Properties) -> list[tuple[str, str]]:
    found = [
        (f"subject.{key}", f"must be one of {', '.join(ATTRIBUTES)}")
        for key in (inputs.get("subject") or {})
        if key not in ATTRIBUTES
    ]
    for address in inputs.get("ipAddresses") or ():
        try:
            if not has_unknown(address):
                ipaddress.ip_address(address)
        except ValueError:
            found.append(("ipAddresses", f"{address} is no IP address"))
    return found


def subject(inputs: Properties) -> x509.Name:
    given = inputs.get("subject") or {}
    return x509.Name(
        [
            x509.NameAttribute(oid, value)
            for key, oid in ATTRIBUTES.items()
            for value in _listed(given.get(key))
        ]
    )


def alternatives(inputs: Properties) -> list[x509.GeneralName]:
    return [
        *(x509.DNSName(name) for name in inputs.get("dnsNames") or ()),
        *(
            x509.IPAddress(ipaddress.ip_address(address))
            for address in inputs.get("ipAddresses") or ()
        ),
        *(x509.UniformResourceIdentifier(uri) for uri in inputs.get("uris") or ()),
    ]


def _listed(value: str | list[str] | None) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else value
