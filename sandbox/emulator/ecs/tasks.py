"""Steps of ECS before a container starts: image, secrets, and addresses from the VPC's DNS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.ecr.models import ecr_backends
from moto.route53.models import route53_backends
from moto.secretsmanager.models import secretsmanager_backends

from sandbox.servers.pgbouncer.server import Task

_INI = "PGBOUNCER_INI"
"""The environment variable by which a PgBouncer container is recognized."""


class CantStartError(Exception):
    """The task can't start; the message is ECS's stopped reason."""


def require_image(backend: Any, image: str) -> None:
    """Refuses a missing image of the account's own registry. Other registries are not checked."""
    registry, _, rest = image.partition("/")
    if not registry.startswith(f"{backend.account_id}.dkr.ecr."):
        return
    repository, _, digest = rest.partition("@")
    region = registry.split(".")[3]
    found = ecr_backends[backend.account_id][region].repositories.get(repository)
    if found is None or digest not in {each.get_image_digest() for each in found.images}:
        raise CantStartError(f"CannotPullContainerError: {image}: not found")


def environment(backend: Any, container: Mapping[str, Any]) -> dict[str, str]:
    plain = {each["name"]: each["value"] for each in container.get("environment") or []}
    hidden = {
        each["name"]: _secret(backend, each["valueFrom"]) for each in container.get("secrets") or []
    }
    return {**plain, **hidden}


def pooler(values: Mapping[str, str]) -> Task | None:
    """The PgBouncer task that a container's environment describes; None for other containers."""
    if _INI not in values:
        return None
    try:
        return Task(
            ini=values[_INI],
            userlist=values["PGBOUNCER_USERLIST"],
            certificate=values["TLS_CERTIFICATE"],
            private_key=values["TLS_PRIVATE_KEY"],
            user=values["PGUSER"],
            password=values["PGPASSWORD"],
            database=values["PGDATABASE"],
        )
    except KeyError as missing:
        raise CantStartError(f"the container ended: {missing} is not set") from None


def address(backend: Any, host: str) -> str:
    """Resolves a host name in the hosted zones of Route 53, as the VPC's resolver would."""
    zones = route53_backends[backend.account_id]["aws"].zones.values()
    for _ in range(8):  # a limit on the length of a chain of aliases
        name = f"{host.rstrip('.').lower()}."
        records = [
            str(record.records[0])
            for zone in zones
            for record in zone.rrsets
            if record.name.rstrip(".").lower() + "." == name and record.records
        ]
        if not records:
            return host
        host = sorted(records)[0]
    return host


def _secret(backend: Any, value_from: str) -> str:
    """The value of a container's secret, `arn:…:secret:NAME[:JSON_KEY[:STAGE[:VERSION]]]`."""
    parts = value_from.split(":")
    arn, (key, stage, version) = ":".join(parts[:7]), (*parts[7:10], "", "", "")[:3]
    secrets = secretsmanager_backends[backend.account_id][parts[3]]
    try:
        found = secrets.get_secret_value(arn, version, stage)
        text = str(found["SecretString"])
        return str(json.loads(text)[key]) if key else text
    except Exception as error:  # noqa: BLE001 - the message must not carry the secret's value
        raise CantStartError(
            "ResourceInitializationError: unable to pull secrets or registry auth: "
            f"{arn} ({type(error).__name__})"
        ) from None
