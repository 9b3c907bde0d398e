"""The configured aws provider: API clients by region, default tags, the emulator's ledger."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import boto3
import urllib3
from botocore.config import Config

from sandbox.providers.wire import Properties

_BOTO = Config(retries={"max_attempts": 1}, max_pool_connections=32)
_MAKING_CLIENTS = threading.Lock()
_LEDGER_PATH = "/_sandbox/ledger"


@dataclass
class Connection:
    """What all regions of one provider share. Clients are made once: each costs 50 to 300 ms."""

    endpoint: str
    account: str
    clients: dict[tuple[str, str], Any] = field(default_factory=dict)
    http: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(maxsize=32))
    digest_key: bytes = field(default_factory=lambda: secrets.token_bytes(32))


@dataclass(frozen=True)
class Aws:
    """A provider in one region."""

    connection: Connection
    region: str
    default_tags: dict[str, str]

    def client(self, service: str) -> Any:
        key = (service, self.region)
        with _MAKING_CLIENTS:  # creating clients is not thread-safe in boto3
            if key not in self.connection.clients:
                self.connection.clients[key] = boto3.client(
                    service,
                    region_name=self.region,
                    endpoint_url=self.connection.endpoint,
                    config=_BOTO,
                )
            return self.connection.clients[key]


class EmulatorLedger:
    """The ledger in the emulator's process, over its own routes. Secrets go in as digests."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def get(self, token: str, resource_id: str) -> Properties | None:
        answer = self._call("GET", token, resource_id)
        if answer.status == 404:
            return None
        return {
            key: value
            for key, value in answer.json().items()
            if not (isinstance(value, dict) and "digest" in value and len(value) == 1)
        }

    def put(
        self, token: str, resource_id: str, properties: Properties, secrets: Iterable[str]
    ) -> None:
        hidden = set(secrets)
        entry = {
            key: {"digest": self._digest(value)} if key in hidden else value
            for key, value in properties.items()
        }
        self._call("PUT", token, resource_id, json=entry)

    def delete(self, token: str, resource_id: str) -> None:
        self._call("DELETE", token, resource_id)

    def _digest(self, value: Any) -> str:
        key = self._aws.connection.digest_key
        return hmac.new(key, repr(value).encode(), hashlib.sha256).hexdigest()

    def _call(self, method: str, token: str, resource_id: str, **body: Any) -> Any:
        connection = self._aws.connection
        fields = {"region": self._aws.region, "token": token, "id": resource_id}
        url = f"{connection.endpoint}{_LEDGER_PATH}?{urlencode(fields)}"
        answer = connection.http.request(method, url, **body)
        if answer.status >= 400 and answer.status != 404:
            raise RuntimeError(f"the emulator's ledger answered {answer.status} to {method}")
        return answer


def configure(config: Properties) -> Aws:
    """The session of a provider's configuration; errors name what is missing."""
    unknown = config.keys() - _KNOWN
    if unknown:
        raise ValueError(
            f"provider configuration {', '.join(sorted(unknown))}: not known to the sandbox"
        )
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if not endpoint:
        raise RuntimeError("AWS_ENDPOINT_URL is not set: set it to the emulator's address")
    region = config.get("region") or os.environ.get("AWS_REGION")
    if not region:
        raise ValueError("aws:region is not set: name the region in the stack file")
    connection = Connection(endpoint.rstrip("/"), account="")
    aws = Aws(connection, region, dict((config.get("defaultTags") or {}).get("tags") or {}))
    connection.account = aws.client("sts").get_caller_identity()["Account"]
    allowed = config.get("allowedAccountIds")
    if allowed and connection.account not in allowed:
        raise ValueError(
            f"AWS account {connection.account} is not allowed: aws:allowedAccountIds is {allowed}"
        )
    return aws


_KNOWN = {
    *("region", "defaultTags", "allowedAccountIds", "version"),
    *("skipCredentialsValidation", "skipRegionValidation", "skipMetadataApiCheck"),
}
