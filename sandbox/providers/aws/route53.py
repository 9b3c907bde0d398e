"""Hosted zones and their records."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

from sandbox.providers.aws.resource import (
    ARN,
    PROVIDER,
    REGISTRY,
    TAGS,
    AwsResourceType,
    tag_changes,
    tag_list,
    tag_map,
)
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, NotFound, Property
from sandbox.providers.wire import Properties

_ABSENT = frozenset({"NoSuchHostedZone"})


class Zone(AwsResourceType):
    """The sandbox knows private zones: those with VPCs."""

    token = "aws:route53/zone:Zone"
    cfn = "AWS::Route53::HostedZone"
    service = "route53"
    regional = False
    absent = _ABSENT
    properties = {
        "name": Property("Name", required=True, bound=True, replaces=REGISTRY),
        "comment": Property(default="Managed by Pulumi", bound=True),
        "vpcs": Property(required=True, bound=True, unordered=True),
        "forceDestroy": Property(default=False),
        "tags": TAGS,
        "arn": ARN,
        "zoneId": Property(output=True),
        "nameServers": Property(output=True),
        "primaryNameServer": Property(output=True),
    }

    def same(self, name: str, actual: Any, desired: Any) -> bool:
        if name == "vpcs":
            # the region of a VPC may be left out: it is the provider's
            return _vpc_ids(actual) == _vpc_ids(desired)
        return super().same(name, actual, desired)

    def create(self, aws: Aws, inputs: Properties) -> Created:
        answer = aws.client("route53").create_hosted_zone(
            Name=inputs["name"],
            CallerReference=secrets.token_hex(16),
            VPC=_api_vpc(aws, inputs["vpcs"][0]),
            HostedZoneConfig={"Comment": inputs["comment"], "PrivateZone": True},
        )
        return Created(answer["HostedZone"]["Id"].rpartition("/")[2])

    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        route53 = aws.client("route53")
        if inputs["tags"]:
            route53.change_tags_for_resource(
                ResourceType="hostedzone", ResourceId=resource_id, AddTags=tag_list(inputs["tags"])
            )
        present = route53.get_hosted_zone(Id=resource_id).get("VPCs", [])
        wanted = [_api_vpc(aws, vpc) for vpc in inputs["vpcs"]]
        # before others go: a private zone is never without a VPC
        for vpc in wanted:
            if vpc not in present:
                route53.associate_vpc_with_hosted_zone(HostedZoneId=resource_id, VPC=vpc)
        for vpc in present:
            if vpc not in wanted:
                route53.disassociate_vpc_from_hosted_zone(HostedZoneId=resource_id, VPC=vpc)

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        route53 = aws.client("route53")
        found = route53.get_hosted_zone(Id=resource_id)
        tags = route53.list_tags_for_resource(ResourceType="hostedzone", ResourceId=resource_id)
        servers = found.get("DelegationSet", {}).get("NameServers", [])
        live = [
            {"vpcId": vpc["VPCId"], "vpcRegion": vpc["VPCRegion"]} for vpc in found.get("VPCs", [])
        ]
        stated = state.get("vpcs")
        return {
            "name": found["HostedZone"]["Name"].removesuffix("."),
            "comment": found["HostedZone"].get("Config", {}).get("Comment", ""),
            # keeps the program's spelling of the same list
            "vpcs": stated if stated and _vpc_ids(stated) == _vpc_ids(live) else live,
            "zoneId": resource_id,
            "arn": f"arn:aws:route53:::hostedzone/{resource_id}",
            "nameServers": sorted(servers),
            "primaryNameServer": servers[0] if servers else "",
            "tags": tag_map(tags["ResourceTagSet"]["Tags"]),
        }

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        """Its VPCs and new tags are settled."""
        route53 = aws.client("route53")
        with self.existing():
            if "comment" in changed:
                route53.update_hosted_zone_comment(Id=resource_id, Comment=inputs["comment"])
            _, unwanted = tag_changes(state, inputs)
            if unwanted:
                route53.change_tags_for_resource(
                    ResourceType="hostedzone", ResourceId=resource_id, RemoveTagKeys=unwanted
                )

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        route53 = aws.client("route53")
        with self.existing():
            if state.get("forceDestroy"):
                for record in _record_sets(aws, resource_id):
                    if record["Type"] not in ("NS", "SOA"):
                        _change(aws, resource_id, {"Action": "DELETE", "ResourceRecordSet": record})
            route53.delete_hosted_zone(Id=resource_id)


class Record(AwsResourceType):
    """A simple or weighted record; other routing policies are not known here."""

    token = "aws:route53/record:Record"
    cfn = "AWS::Route53::RecordSet"
    service = "route53"
    regional = False
    absent = _ABSENT
    properties = {
        "zoneId": Property("HostedZoneId", required=True, bound=True, replaces=REGISTRY),
        "name": Property("Name", required=True, bound=True, replaces=PROVIDER),
        # A record's identity: of another type or set it is another record, and this one is gone.
        # Both change in place all the same: one batch takes the old record off and puts the new.
        "type": Property("Type", required=True),
        "setIdentifier": Property("SetIdentifier"),
        "ttl": Property(bound=True),
        "records": Property(bound=True, unordered=True),
        "weightedRoutingPolicies": Property(bound=True),
        "allowOverwrite": Property(computed=True),
        "fqdn": Property(output=True),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        action = "UPSERT" if inputs.get("allowOverwrite") else "CREATE"
        _change(aws, inputs["zoneId"], {"Action": action, "ResourceRecordSet": _record_set(inputs)})
        return Created(_record_id(inputs))

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        found = self._found(aws, state)
        if found is None:
            return None
        weight = found.get("Weight")
        return {
            "id": _record_id(state),
            "zoneId": state["zoneId"],
            "name": state["name"],
            "type": found["Type"],
            "setIdentifier": found.get("SetIdentifier"),
            "ttl": found.get("TTL"),
            "records": [value["Value"] for value in found.get("ResourceRecords", [])],
            "weightedRoutingPolicies": [] if weight is None else [{"weight": weight}],
            "fqdn": found["Name"].removesuffix("."),
        }

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        wanted = {"Action": "UPSERT", "ResourceRecordSet": _record_set(inputs)}
        with self.existing():
            if changed & {"type", "setIdentifier"}:  # they are its identity
                found = self._found(aws, state)
                if found is None:
                    raise NotFound(resource_id)
                _change(
                    aws, state["zoneId"], {"Action": "DELETE", "ResourceRecordSet": found}, wanted
                )
            else:
                _change(aws, state["zoneId"], wanted)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            found = self._found(aws, state)
            if found is None:
                raise NotFound(resource_id)
            _change(aws, state["zoneId"], {"Action": "DELETE", "ResourceRecordSet": found})

    def _found(self, aws: Aws, state: Properties) -> dict[str, Any] | None:
        for record in _record_sets(aws, state["zoneId"]):
            if (
                record["Name"].removesuffix(".") == state["name"].removesuffix(".").lower()
                and record["Type"] == state["type"]
                and record.get("SetIdentifier") == (state.get("setIdentifier") or None)
            ):
                return record
        return None


def _record_id(properties: Properties) -> str:
    """The provider's own id of a record, which AWS does not number."""
    parts = [properties["zoneId"], properties["name"].lower(), properties["type"]]
    return "_".join([*parts, *filter(None, [properties.get("setIdentifier")])])


def _record_set(inputs: Properties) -> dict[str, Any]:
    record = {
        "Name": inputs["name"],
        "Type": inputs["type"],
        "TTL": inputs.get("ttl"),
        "ResourceRecords": [{"Value": value} for value in inputs.get("records") or []],
        "SetIdentifier": inputs.get("setIdentifier"),
    }
    for policy in inputs.get("weightedRoutingPolicies") or []:
        record["Weight"] = policy["weight"]
    return {key: value for key, value in record.items() if value is not None}


def _record_sets(aws: Aws, zone: str) -> Iterator[dict[str, Any]]:
    pages = aws.client("route53").get_paginator("list_resource_record_sets")
    for page in pages.paginate(HostedZoneId=zone):
        yield from page["ResourceRecordSets"]


def _change(aws: Aws, zone: str, *changes: dict[str, Any]) -> None:
    aws.client("route53").change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": list(changes)}
    )


def _api_vpc(aws: Aws, vpc: Properties) -> dict[str, str]:
    return {"VPCId": vpc["vpcId"], "VPCRegion": vpc.get("vpcRegion") or aws.region}


def _vpc_ids(vpcs: Any) -> list[str]:
    return sorted(vpc["vpcId"] for vpc in vpcs or [])


RESOURCE_TYPES = (Zone(), Record())
