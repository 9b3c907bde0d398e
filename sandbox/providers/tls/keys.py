"""Private keys, and the encodings in which the provider returns a key."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, PublicFormat

from sandbox.providers.resource_type import Created, Property
from sandbox.providers.state_only import StateOnly
from sandbox.providers.wire import UNKNOWN, Properties

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

REPLACED = "RequiresReplace in terraform-provider-tls, internal/provider/resource_private_key.go"
CURVES: Mapping[str, ec.EllipticCurve] = {
    "P224": ec.SECP224R1(),
    "P256": ec.SECP256R1(),
    "P384": ec.SECP384R1(),
    "P521": ec.SECP521R1(),
}
GENERATORS: Mapping[str, Callable[[Properties], Key]] = {
    "RSA": lambda inputs: rsa.generate_private_key(65537, inputs["rsaBits"]),
    "ECDSA": lambda inputs: ec.generate_private_key(CURVES[inputs["ecdsaCurve"]]),
    "ED25519": lambda inputs: ed25519.Ed25519PrivateKey.generate(),
}
SSH_NOTATIONS = (
    "privateKeyOpenssh",
    "publicKeyOpenssh",
    "publicKeyFingerprintMd5",
    "publicKeyFingerprintSha256",
)


def loaded(pem: str) -> Key:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, Key):
        raise TypeError(f"a {type(key).__name__} is none of {', '.join(GENERATORS)}")
    return key


def algorithm(key: Key) -> str:
    if isinstance(key, rsa.RSAPrivateKey):
        return "RSA"
    return "ECDSA" if isinstance(key, ec.EllipticCurvePrivateKey) else "ED25519"


class PrivateKey(StateOnly):
    token = "tls:index/privateKey:PrivateKey"
    properties = {
        "algorithm": Property(required=True, replaces=REPLACED),
        "ecdsaCurve": Property(default="P224", replaces=REPLACED),
        "rsaBits": Property(default=2048, replaces=REPLACED),
        "privateKeyPem": Property(output=True, secret=True),
        "privateKeyPemPkcs8": Property(output=True, secret=True),
        "privateKeyOpenssh": Property(output=True, secret=True),
        "publicKeyPem": Property(output=True),
        "publicKeyOpenssh": Property(output=True),
        "publicKeyFingerprintMd5": Property(output=True),
        "publicKeyFingerprintSha256": Property(output=True),
    }

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        admitted = {"algorithm": GENERATORS, "ecdsaCurve": CURVES}
        return [
            (name, f"must be one of {', '.join(values)}")
            for name, values in admitted.items()
            if inputs[name] is not UNKNOWN and inputs[name] not in values
        ]

    def create(self, session: None, inputs: Properties) -> Created:
        key = GENERATORS[inputs["algorithm"]](inputs)
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return Created(hashlib.sha1(public).hexdigest(), _notations(key))  # noqa: S324 - an id


def _notations(key: Key) -> Properties:
    traditional = (
        PrivateFormat.PKCS8
        if isinstance(key, ed25519.Ed25519PrivateKey)
        else PrivateFormat.TraditionalOpenSSL
    )
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return {
        "privateKeyPem": _private(key, traditional),
        "privateKeyPemPkcs8": _private(key, PrivateFormat.PKCS8),
        "publicKeyPem": public.decode(),
        **_ssh_notations(key),
    }


def _ssh_notations(key: Key) -> Properties:
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp224r1":
        # OpenSSH does not support this curve: the provider leaves all four empty
        return dict.fromkeys(SSH_NOTATIONS, "")
    line = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    blob = base64.b64decode(line.split()[1])
    md5 = hashlib.md5(blob).hexdigest()  # noqa: S324 - prescribed by the format
    sha256 = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return {
        "privateKeyOpenssh": _private(key, PrivateFormat.OpenSSH),
        "publicKeyOpenssh": f"{line}\n",
        "publicKeyFingerprintMd5": ":".join(md5[at : at + 2] for at in range(0, len(md5), 2)),
        "publicKeyFingerprintSha256": f"SHA256:{sha256}",
    }


def _private(key: Key, form: PrivateFormat) -> str:
    return key.private_bytes(Encoding.PEM, form, serialization.NoEncryption()).decode()
