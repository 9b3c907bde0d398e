"""The aws provider's functions (invokes)."""

from __future__ import annotations

from sandbox.providers.aws.session import Aws
from sandbox.providers.wire import Properties


def get_caller_identity(aws: Aws, arguments: Properties) -> Properties:
    identity = aws.client("sts").get_caller_identity()
    account = dict.fromkeys(("id", "accountId"), identity["Account"])
    return {**account, "arn": identity["Arn"], "userId": identity["UserId"]}


def get_region(aws: Aws, arguments: Properties) -> Properties:
    region = dict.fromkeys(("id", "name", "region", "description"), aws.region)
    return {**region, "endpoint": f"ec2.{aws.region}.amazonaws.com"}


def get_partition(aws: Aws, arguments: Properties) -> Properties:
    domain = {"dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws"}
    return {"id": "aws", "partition": "aws", **domain}


def get_availability_zones(aws: Aws, arguments: Properties) -> Properties:
    state = arguments.get("state")
    filters = [{"Name": "state", "Values": [state]}] if state else []
    zones = aws.client("ec2").describe_availability_zones(Filters=filters)["AvailabilityZones"]
    return {
        "id": aws.region,
        "names": [zone["ZoneName"] for zone in zones],
        "zoneIds": [zone["ZoneId"] for zone in zones],
        "groupNames": sorted({zone.get("GroupName", aws.region) for zone in zones}),
    }


FUNCTIONS = {
    "aws:index/getCallerIdentity:getCallerIdentity": get_caller_identity,
    "aws:index/getRegion:getRegion": get_region,
    "aws:index/getPartition:getPartition": get_partition,
    "aws:index/getAvailabilityZones:getAvailabilityZones": get_availability_zones,
}
