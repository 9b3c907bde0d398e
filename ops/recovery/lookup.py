"""Looks up the resource that a killed run's pending creation created, by the creation's inputs.

Most ids can be computed from the inputs (ids.yaml). Where AWS assigns the id, the resource is
searched for (searches.yaml, and functions where one call isn't enough). Uses plain boto3, so it
works the same on a real account and in the sandbox.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import jmespath
import yaml
from botocore.exceptions import BotoCoreError, ClientError

from engine.recovery import Lookup, PendingCreation, RecoveryError

Inputs = Mapping[str, Any]
Client = Callable[[str], Any]
"""Service -> its boto3 client in the creation's region."""
Search = Callable[[Client, Inputs], Iterable[str]]

STATE_ONLY = ("random:", "tls:", "pulumi:", "pulumi-python:")
"""Packages whose resources exist in the state alone: one that isn't recorded doesn't exist."""
REPEATABLE = tuple(
    f"postgresql:index/{kind}:"
    for kind in ("schema", "extension", "grant", "defaultPrivileges", "grantRole")
)
"""Types whose creation can be repeated: they use IF NOT EXISTS, or repeat an existing grant."""
NOT_FOUND = ("NotFound", "NoSuch", "DoesNotExist")
"""Parts of AWS's error codes for a resource that doesn't exist."""


def in_region(default_region: str) -> Lookup:
    """The lookup for a run. The region is that of the creation's inputs, else its provider's, else
    the default one."""

    def lookup(creation: PendingCreation) -> list[str]:
        if creation.type.startswith(STATE_ONLY + REPEATABLE):
            return []
        if not is_known(creation.type):
            raise RecoveryError(
                f"{creation.urn} was being created when its run was killed, and the type "
                f"{creation.type} can't be looked up (ops/recovery/ids.yaml, searches.yaml): "
                "delete the resource if it exists, then run: pulumi refresh --clear-pending-creates"
            )
        settings = (creation.inputs.get("region"), creation.provider.get("region"), default_region)
        try:
            return find(creation.type, str(next(filter(None, settings))), creation.inputs)
        except KeyError as error:
            raise RecoveryError(f"{creation.urn}: its inputs lack {error}") from None
        except (BotoCoreError, ClientError) as error:
            reason = str(error).strip().splitlines()[0]
            raise RecoveryError(f"looking up {creation.urn} failed: {reason}") from None

    return lookup


def is_known(type_token: str) -> bool:
    """Whether a table or a function covers the type."""
    return any(type_token in each for each in (_table("ids"), _table("searches"), SEARCHES))


def find(type_token: str, region: str, inputs: Inputs) -> list[str]:
    """The ids of all resources that a creation with these inputs could have made.

    Raises KeyError for an unknown type, and for an input that the type's table names and the
    creation lacks.
    """

    def client(service: str) -> Any:
        return boto3.client(service, region_name=region)

    if template := _table("ids").get(type_token):
        return [computed(template, client, region, inputs)]
    search = SEARCHES.get(type_token)
    if search is None:
        row = _table("searches")[type_token]
        return _found(lambda: tabulated(row, client, inputs))
    return _found(lambda: search(client, inputs))


def computed(template: str, client: Client, region: str, inputs: Inputs) -> str:
    """An id by its template; the account is asked for only where the template names it."""
    values = {**inputs, "region": region}
    if "{account}" in template:
        values["account"] = client("sts").get_caller_identity()["Account"]
    return template.format_map(values)


def tabulated(row: Mapping[str, Any], client: Client, inputs: Inputs) -> Iterator[str]:
    """Searches as a row of searches.yaml says."""
    service, _, call = row["call"].partition(".")
    arguments = {
        name: [inputs[asked[0]]] if isinstance(asked, list) else inputs[asked]
        for name, asked in row.get("arguments", {}).items()
    }
    for answer in _answers(client(service), call, arguments):
        for item in jmespath.search(row["items"], answer) or ():
            if _is_same(row, item, inputs):
                yield jmespath.search(row["id"], item)


def _is_same(row: Mapping[str, Any], item: Mapping[str, Any], inputs: Inputs) -> bool:
    same = {
        name: path for name, path in row.get("same", {}).items() if inputs.get(name) is not None
    }
    paths = {**same, **row.get("exact", {})}
    return all(
        jmespath.search(path, item) == inputs.get(name) for name, path in paths.items()
    ) and (not row.get("tagged") or has_tags(item.get("Tags", ()), inputs.get("tags") or {}))


def _answers(client: Any, call: str, arguments: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if client.can_paginate(call):
        yield from client.get_paginator(call).paginate(**arguments)
    else:
        yield getattr(client, call)(**arguments)


def _found(search: Callable[[], Iterable[str]]) -> list[str]:
    try:
        return sorted(set(search()))
    except ClientError as error:
        if any(word in error.response["Error"]["Code"] for word in NOT_FOUND):
            return []
        raise


def has_tags(
    tags: Iterable[Mapping[str, str]], wanted: Mapping[str, str], prefix: str = ""
) -> bool:
    """Whether AWS's list of tags has all the wanted ones; KMS writes TagKey instead of Key."""
    present = {tag[f"{prefix}Key"]: tag[f"{prefix}Value"] for tag in tags}
    return wanted.items() <= present.items()


def key(client: Client, inputs: Inputs) -> Iterator[str]:
    kms = client("kms")
    for page in kms.get_paginator("list_keys").paginate():
        for item in page["Keys"]:
            metadata = kms.describe_key(KeyId=item["KeyId"])["KeyMetadata"]
            if metadata["KeyManager"] != "CUSTOMER" or metadata["KeyState"] == "PendingDeletion":
                continue
            tags = kms.list_resource_tags(KeyId=item["KeyId"]).get("Tags", ())
            same = inputs.get("description") in (None, metadata["Description"])
            if same and has_tags(tags, inputs.get("tags") or {}, "Tag"):
                yield item["KeyId"]


def secret_version(client: Client, inputs: Inputs) -> Iterator[str]:
    """The version whose value is the one that was to be stored."""
    manager, secret = client("secretsmanager"), inputs["secretId"]
    item = manager.describe_secret(SecretId=secret)
    for version, stages in (item.get("VersionIdsToStages") or {}).items():
        if stages:
            value = manager.get_secret_value(SecretId=secret, VersionId=version)
            if value.get("SecretString") == inputs.get("secretString"):
                yield f"{item['ARN']}|{version}"


def zone(client: Client, inputs: Inputs) -> Iterator[str]:
    """Several private zones may have one name, each for other VPCs."""
    route53, wanted = client("route53"), {vpc["vpcId"] for vpc in inputs["vpcs"]}
    for page in route53.get_paginator("list_hosted_zones").paginate():
        for item in page["HostedZones"]:
            if item["Name"].removesuffix(".") == inputs["name"].removesuffix("."):
                vpcs = route53.get_hosted_zone(Id=item["Id"]).get("VPCs", [])
                if wanted & {vpc["VPCId"] for vpc in vpcs}:
                    yield item["Id"].rpartition("/")[2]


def record(_client: Client, inputs: Inputs) -> Iterator[str]:
    parts = (inputs["zoneId"], inputs["name"].lower(), inputs["type"], inputs.get("setIdentifier"))
    yield "_".join(filter(None, parts))


def route(_client: Client, inputs: Inputs) -> Iterator[str]:
    """The provider's own id: AWS has none for routes."""
    yield f"r-{inputs['routeTableId']}{_checksum(inputs['destinationCidrBlock'])}"


def attachment(_client: Client, inputs: Inputs) -> Iterator[str]:
    yield attachment_id(inputs["deviceName"], inputs["instanceId"], inputs["volumeId"])


def attachment_id(device: str, instance_id: str, volume_id: str) -> str:
    """The provider's own id: AWS has none for attached volumes."""
    return f"vai-{_checksum(f'{device}-{instance_id}-{volume_id}-')}"


def _checksum(text: str) -> int:
    return zlib.crc32(text.encode())


SEARCHES: Mapping[str, Search] = {
    "aws:kms/key:Key": key,
    "aws:secretsmanager/secretVersion:SecretVersion": secret_version,
    "aws:route53/zone:Zone": zone,
    "aws:route53/record:Record": record,
    "aws:ec2/route:Route": route,
    "aws:ec2/volumeAttachment:VolumeAttachment": attachment,
}


@cache
def _table(name: str) -> Mapping[str, Any]:
    table: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name(f"{name}.yaml").read_text())
    return table
