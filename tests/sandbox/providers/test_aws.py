"""The aws provider over its protocol on a real emulator: every type, every bound attribute."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import requests

from ops.recovery import lookup
from sandbox.emulator import client
from sandbox.providers.aws.__main__ import PROVIDER
from sandbox.providers.wire import UNKNOWN
from tests.estate.changes.changes import CHANGES
from tests.estate.changes.security_groups import remove_new_groups
from tests.estate.resources import estate
from tests.sandbox.providers.engine_client import Engine, Live, ProviderError, engine

TAGS = json.dumps({"tags": {"Project": "nexusflow"}})


@pytest.fixture(scope="module")
def aws(emulator: client.Emulator) -> Iterator[Engine]:
    with engine(PROVIDER, region="us-east-1", defaultTags=TAGS) as speaking:
        yield speaking


@pytest.fixture(scope="module")
def made(aws: Engine) -> dict[str, Live]:
    return estate.build(aws, "estate")


def test_every_type_is_made_and_reads_back_as_it_was_wanted(
    aws: Engine, made: dict[str, Live]
) -> None:
    assert {live.token for live in made.values()} == set(PROVIDER.resource_types)
    reported = {name: aws.drift(live) for name, live in made.items()}
    assert reported == {name: set() for name in made}


def test_every_resource_is_found_again_by_what_its_creation_was_asked_for(
    made: dict[str, Live],
) -> None:
    lost = [
        name
        for name, live in made.items()
        if lookup.is_known(live.token)
        and live.id
        not in lookup.find(live.token, live.inputs.get("region", "us-east-1"), live.inputs)
    ]
    assert not lost


def test_default_tags_are_on_every_resource_that_can_be_tagged(made: dict[str, Live]) -> None:
    for live in made.values():
        if "tags" in PROVIDER.resource_types[live.token].inputs:
            assert live.state["tags"]["Project"] == "nexusflow"
            assert live.state["tagsAll"] == live.state["tags"]


@pytest.mark.parametrize(("token", "name"), CHANGES, ids=lambda value: value.rpartition(":")[2])
def test_a_change_of_a_bound_attribute_is_seen_and_taken_back(
    aws: Engine, made: dict[str, Live], token: str, name: str
) -> None:
    of_type = [live for live in made.values() if live.token == token]
    live = next((live for live in of_type if live.inputs.get(name)), of_type[0])
    CHANGES[token, name]({**live.state, "id": live.id})
    seen = aws.read(live)
    assert seen is not None
    paths, replaced = aws.diff(seen, live.inputs)
    assert any(path.partition(".")[0].partition("[")[0] == name for path in paths), paths
    assert not replaced
    aws.update(seen, live.inputs)
    assert aws.drift(live) == set()


def test_what_only_aws_can_tell_is_unknown_until_it_is_made(aws: Engine) -> None:
    planned = aws.preview_create(
        "aws:rds/instance:Instance", {"instanceClass": "db.r6g.large", "identifier": "planned"}
    )
    assert planned["address"] is UNKNOWN
    assert planned["instanceClass"] == "db.r6g.large"


@pytest.mark.parametrize(
    ("inputs", "named"),
    [
        ({"instanceClas": "db.r6g.large"}, "instanceClas"),
        ({}, "instanceClass"),
        ({"instanceClass": "db.r6g.huge", "engine": "postgres"}, "instanceClass"),
        ({"instanceClass": "db.r6g.large", "engineVersion": "15.99"}, "engineVersion"),
        ({"instanceClass": "db.r6g.large", "backupRetentionPeriod": 77}, "backupRetentionPeriod"),
    ],
    ids=["misspelt", "missing", "no such class", "no such version", "retention too long"],
)
def test_what_aws_does_not_offer_is_refused_before_anything_is_made(
    aws: Engine, inputs: dict[str, object], named: str
) -> None:
    complete = {"engine": "postgres", "identifier": "refused", **inputs}
    _, failures = aws.check("aws:rds/instance:Instance", complete)
    assert named in failures


def test_a_misspelt_property_is_answered_with_the_nearest_one(aws: Engine) -> None:
    _, failures = aws.check("aws:ec2/vpc:Vpc", {"cidrBlok": "10.0.0.0/16"})
    assert "cidrBlock" in failures["cidrBlok"]


def test_a_resource_may_live_in_another_region_than_its_provider(aws: Engine) -> None:
    live = aws.create("aws:kms/key:Key", {"description": "recovery", "region": "us-west-2"})
    assert live.state["arn"].startswith("arn:aws:kms:us-west-2:")
    assert aws.drift(live) == set()
    aws.delete(live)


def test_a_dedicated_vpc_turns_default_in_place_and_stays_so(aws: Engine) -> None:
    token, inputs = "aws:ec2/vpc:Vpc", {"cidrBlock": "10.60.0.0/16"}
    live = aws.create(token, {**inputs, "instanceTenancy": "dedicated"})
    assert aws.diff(live, inputs) == ({"instanceTenancy"}, set())
    shared = aws.update(live, inputs)
    assert aws.drift(shared) == set()
    assert aws.diff(shared, live.inputs) == ({"instanceTenancy"}, {"instanceTenancy"})
    aws.delete(shared)


def test_a_peering_with_another_account_waits_for_the_other_side(
    aws: Engine, made: dict[str, Live]
) -> None:
    inputs = {"vpcId": made["vpc"].id, "peerVpcId": "vpc-0b0b0b0b", "peerOwnerId": "210987654321"}
    live = aws.create("aws:ec2/vpcPeeringConnection:VpcPeeringConnection", inputs)
    assert live.state["acceptStatus"] == "pending-acceptance"
    assert aws.drift(live) == set()
    aws.delete(live)


@pytest.mark.parametrize(
    ("token", "inputs", "named"),
    [
        (
            "aws:ec2/vpcEndpoint:VpcEndpoint",
            {"vpcId": "vpc-0a", "subnetIds": ["subnet-0a"]},
            "subnetIds",
        ),
        (
            "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
            {"vpcId": "vpc-0a", "ingress": [{}]},
            "ingress",
        ),
        (
            "aws:cloudwatch/logGroup:LogGroup",
            {"name": "/x", "retentionInDays": 31},
            "retentionInDays",
        ),
        ("aws:ec2/flowLog:FlowLog", {"trafficType": "ALL"}, ""),
    ],
    ids=["gateway in a subnet", "open default group", "no such retention", "flow log of nothing"],
)
def test_what_can_not_be_is_refused_before_anything_is_made(
    aws: Engine, token: str, inputs: dict[str, object], named: str
) -> None:
    _, failures = aws.check(token, inputs)
    assert named in failures


def test_an_explicit_provider_makes_its_resources_in_its_own_region(
    emulator: client.Emulator,
) -> None:
    with engine(PROVIDER, region="us-west-2") as recovery:
        live = recovery.create("aws:kms/key:Key", {"description": "recovery"})
        assert live.state["region"] == "us-west-2"
        assert live.state["arn"].startswith("arn:aws:kms:us-west-2:")
        recovery.delete(live)


def test_another_account_than_the_allowed_ones_is_refused(emulator: client.Emulator) -> None:
    with (
        engine(PROVIDER, region="us-east-1", allowedAccountIds='["999999999999"]') as wrong,
        pytest.raises(ProviderError, match="123456789012"),
    ):
        wrong.check("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"})


def test_the_ledger_never_holds_a_secret(emulator: client.Emulator, made: dict[str, Live]) -> None:
    keys = requests.get(f"{emulator.endpoint}/_sandbox/ledger", timeout=5).json()
    entries = [
        requests.get(f"{emulator.endpoint}/_sandbox/ledger", params=key, timeout=5).text
        for key in keys
    ]
    text = "\n".join(entries)
    assert made["instance"].inputs["finalSnapshotIdentifier"] in text
    for secret in (
        made["instance"].inputs["password"],
        made["version"].inputs["secretString"],
    ):
        assert secret not in text


def test_secrets_are_marked_wherever_they_are_returned(aws: Engine, made: dict[str, Live]) -> None:
    for name, secret in (("instance", "password"), ("version", "secretString")):
        assert secret in made[name].secrets
        read = aws.read(made[name])
        assert read is not None
        assert secret in read.secrets


def test_an_instance_is_found_by_its_name_and_keeps_its_resource_id(
    aws: Engine, made: dict[str, Live]
) -> None:
    instance = made["instance"]
    by_name = Live(instance.token, instance.state["identifier"], {}, {})
    imported = aws.read(by_name)
    assert imported is not None
    assert imported.id == instance.id
    assert imported.inputs["instanceClass"] == "db.r6g.xlarge"


def test_the_provider_answers_with_its_name_and_address(aws: Engine) -> None:
    identity = aws.invoke("aws:index/getCallerIdentity:getCallerIdentity")
    zones = aws.invoke("aws:index/getAvailabilityZones:getAvailabilityZones", state="available")
    assert identity["accountId"] == "123456789012"
    assert "us-east-1a" in zones["names"]


def test_everything_is_deleted_in_the_reverse_order_and_then_gone(
    aws: Engine, made: dict[str, Live]
) -> None:
    # these end with what they belong to
    outlived = ("exclusive", "version", "default-group", "topic-policy", "bucket-versioning")
    remove_new_groups()
    for name, live in reversed(made.items()):
        aws.delete(live)
        if name not in outlived:
            assert aws.read(live) is None, name
    for name in outlived:
        assert aws.read(made[name]) is None, name
    for live in made.values():
        aws.delete(live)
