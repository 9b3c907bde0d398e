"""Logins to the sandbox's Redis groups, from the stack outputs and Secrets Manager."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry


@dataclass(frozen=True)
class RedisLogin:
    """One user of one group over TLS; the server's certificate is verified against the CA."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    ca_certificate: str

    def url(self) -> str:
        credentials = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        query = urlencode({"ssl_cert_reqs": "required", "ssl_ca_certs": self.ca_certificate})
        return f"rediss://{credentials}@{self.host}:{self.port}/0?{query}"

    def connect(self) -> Any:
        return redis.Redis.from_url(
            self.url(),
            decode_responses=True,
            socket_timeout=10,
            retry=Retry(NoBackoff(), 0),  # the client would try a refused login eleven times
        )


def of_user(user: str, outputs: Mapping[str, Any], ca_certificate: str, secrets: Any) -> RedisLogin:
    """The login of a user at the address in the stack's output `redis`."""
    stated = outputs["users"][user]
    group = outputs["groups"][stated["group"]]
    answer = secrets.get_secret_value(SecretId=stated["secret_arn"])
    content = json.loads(answer["SecretString"])
    return RedisLogin(
        host=str(group["address"]),
        port=int(group["port"]),
        user=str(content["username"]),
        password=str(content["password"]),
        ca_certificate=ca_certificate,
    )


def urls(outputs: Mapping[str, Any], ca_certificate: str, secrets: Any) -> list[str]:
    """One URL per user, ordered by name."""
    logins = (of_user(user, outputs, ca_certificate, secrets) for user in sorted(outputs["users"]))
    return [login.url() for login in logins]
