"""Private zones, which always have a VPC, and records, which AWS does not number."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.operations import Operation, Scope
from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, NotFound
from sandbox.providers.wire import Properties

_CHANGE = Operation.parse("change_resource_record_sets {HostedZoneId: zoneId}")
_LIST = Operation.parse("list_resource_record_sets {HostedZoneId: zoneId} -> resourceRecordSets")


class Zone(AwsResourceType):
    """The sandbox knows private zones: those with VPCs."""

    def same(self, name: str, actual: Any, desired: Any) -> bool:
        if name == "vpcs":
            # the region of a VPC may be left out: it is the provider's
            return _vpc_ids(actual) == _vpc_ids(desired)
        return super().same(name, actual, desired)

    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        super().wait_until_ready(aws, resource_id, inputs)
        route53 = aws.client("route53")
        present = route53.get_hosted_zone(Id=resource_id).get("VPCs", [])
        wanted = [
            {"VPCId": vpc["vpcId"], "VPCRegion": vpc.get("vpcRegion") or aws.region}
            for vpc in inputs["vpcs"]
        ]
        # before others go: a private zone is never without a VPC
        for vpc in wanted:
            if vpc not in present:
                route53.associate_vpc_with_hosted_zone(HostedZoneId=resource_id, VPC=vpc)
        for vpc in present:
            if vpc not in wanted:
                route53.disassociate_vpc_from_hosted_zone(HostedZoneId=resource_id, VPC=vpc)


class Record(AwsResourceType):
    """A simple or weighted record; other routing policies are not known here.

    Its type and its set identifier are its identity: with others it is another record, and this
    one is gone. They change in place all the same: one batch deletes the old and creates the new.
    """

    def create(self, aws: Aws, inputs: Properties) -> Created:
        action = "UPSERT" if inputs.get("allowOverwrite") else "CREATE"
        _change(self.scope(aws, inputs), (action, _record_set(inputs)))
        return Created(self.id_of(inputs))

    def id_of(self, properties: Properties) -> str:
        parts = [properties["zoneId"], properties["name"].lower(), properties["type"]]
        return "_".join([*parts, *filter(None, [properties.get("setIdentifier")])])

    def item(self, aws: Aws, resource_id: str, state: Properties) -> Any:
        for record in self.scope(aws, state, resource_id).run(_LIST):
            name = record["name"].rstrip(".").lower()
            identity = (name, record["type"], record.get("setIdentifier"))
            asked = (state["name"].rstrip(".").lower(), state["type"], state.get("setIdentifier"))
            if identity == asked:
                return record
        return None

    def describe(self, aws: Aws, resource_id: str, item: Any, state: Properties) -> Properties:
        weight = item.get("weight")
        return {
            "id": self.id_of(state),
            "zoneId": state["zoneId"],
            "name": state["name"],
            "type": item["type"],
            "setIdentifier": item.get("setIdentifier"),
            "ttl": item.get("ttl"),
            "records": [value["value"] for value in item.get("resourceRecords", [])],
            "weightedRoutingPolicies": [] if weight is None else [{"weight": weight}],
            "fqdn": item["name"].removesuffix("."),
        }

    def change(self, scope: Scope, state: Properties, changed: frozenset[str]) -> None:
        wanted = ("UPSERT", _record_set(scope.values))
        if changed & {"type", "setIdentifier"}:
            found = self.item(scope.aws, scope.values["id"], state)
            if found is None:
                raise NotFound(scope.values["id"])
            _change(scope, ("DELETE", found), wanted)
        else:
            _change(scope, wanted)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            found = self.item(aws, resource_id, state)
            if found is None:
                raise NotFound(resource_id)
            _change(self.scope(aws, state, resource_id), ("DELETE", found))


def _record_set(inputs: Properties) -> dict[str, Any]:
    weights = [policy["weight"] for policy in inputs.get("weightedRoutingPolicies") or []]
    return {
        "Name": inputs["name"],
        "Type": inputs["type"],
        "TTL": inputs.get("ttl"),
        "ResourceRecords": [{"Value": value} for value in inputs.get("records") or []],
        "SetIdentifier": inputs.get("setIdentifier"),
        "Weight": weights[-1] if weights else None,
    }


def _change(scope: Scope, *changes: tuple[str, dict[str, Any]]) -> None:
    batch = [{"Action": action, "ResourceRecordSet": record} for action, record in changes]
    scope.run(_CHANGE, ChangeBatch={"Changes": batch})


def _vpc_ids(vpcs: Any) -> list[str]:
    return sorted(vpc["vpcId"] for vpc in vpcs or [])
