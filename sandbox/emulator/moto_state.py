"""Serialization of moto's state: the contents of the emulated account in every service.

moto 5.2.5 has a backend object per service, account and region. Pickling them needs reducers for
private keys and locks. SSM's backend cannot be pickled, but holds no resources of an environment.
"""

from __future__ import annotations

import io
import pickle
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from moto.core.base_backend import BackendDict

EXCLUDED_SERVICES = frozenset({"ssm", "moto_api"})
_LOCKS: dict[type, Callable[[], Any]] = {
    type(threading.Lock()): threading.Lock,
    type(threading.RLock()): threading.RLock,
}
_PRIVATE_KEYS = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey)
_PUBLIC_KEYS = (rsa.RSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey)
_DER = serialization.Encoding.DER

State = dict[tuple[str, str], dict[str, dict[str, Any]]]
"""Module and service -> account -> region -> backend."""


def collect() -> State:
    """The backends in use. They are moto's live objects: pickle them before they change."""
    state: State = {}
    for backends in BackendDict._instances:
        if backends.service_name in EXCLUDED_SERVICES:
            continue
        key = (backends.backend.__module__, backends.service_name)
        state[key] = {account: dict(backends[account]) for account in backends}
    return state


def install(state: State) -> None:
    """Installs the backends. Must run before moto serves requests, since it caches lookups."""
    for (module, service), accounts in state.items():
        backends = _backends(module, service)
        for account, regions in accounts.items():
            for region, backend in regions.items():
                dict.__setitem__(backends[account], region, backend)


def _backends(module: str, service: str) -> Any:
    for value in vars(import_module(module)).values():
        if isinstance(value, BackendDict) and value.service_name == service:
            return value
    raise LookupError(f"{module} has no backends of {service}")


def dumps(value: object) -> bytes:
    """Pickles a value that may contain keys and locks."""
    stream = io.BytesIO()
    _Pickler(stream, protocol=pickle.HIGHEST_PROTOCOL).dump(value)
    return stream.getvalue()


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        if type(value) in _LOCKS:
            return _LOCKS[type(value)], ()
        if isinstance(value, _PRIVATE_KEYS):
            der = value.private_bytes(
                _DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            return _private_key, (der,)
        if isinstance(value, _PUBLIC_KEYS):
            der = value.public_bytes(_DER, serialization.PublicFormat.SubjectPublicKeyInfo)
            return _public_key, (der,)
        if isinstance(value, x509.Certificate):
            return _certificate, (value.public_bytes(_DER),)
        return NotImplemented


# Wrappers, because pickle looks functions up by module and name, and cryptography's compiled
# functions cannot be found that way.
def _private_key(der: bytes) -> Any:
    return serialization.load_der_private_key(der, password=None)


def _public_key(der: bytes) -> Any:
    return serialization.load_der_public_key(der)


def _certificate(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)
