"""Drift on the real engine: every bound attribute is changed by boto3, seen, and taken back.

The changes run in rounds: in each, a few attributes of a resource are changed, the refresh has to
name those paths of that resource and nothing else, and the next `up` takes them back (else the next
round's refresh would name them again).
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass

import pytest

from sandbox.providers.aws.__main__ import RESOURCE_TYPES
from sandbox.providers.wire import Properties
from tests.e2e.checkout import Checkout
from tests.estate.changes.changes import CHANGES

pytestmark = pytest.mark.exhaustive(
    example="tests/e2e/production/test_loop.py::test_changes_by_hand_are_shown_turn_their_checks_red_and_are_taken_back"
)

REGION = "us-east-1"
ROUNDS = 5
"""Few, as an `up` takes the better part of a minute; enough that no two changes of a resource in
one round undo each other."""
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
RECORD = "aws:route53/record:Record"
ONE_OF = frozenset(
    {
        *("cidrIpv4", "referencedSecurityGroupId"),
        *("gatewayId", "natGatewayId", "vpcPeeringConnectionId"),
    }
)
"""Alternatives of which a resource states one: a change from one to another shows at both."""
NOT_HERE = {
    ("aws:ecs/service:Service", "desiredCount"): (
        "it is autoscaling's: the program ignores its changes; providers/test_aws.py changes it"
    ),
    ("aws:ec2/internetGateway:InternetGateway", "vpcId"): (
        "AWS detaches no gateway of a VPC with mapped addresses; providers/test_aws.py changes it"
    ),
    ("aws:elasticache/replicationGroup:ReplicationGroup", "automaticFailoverEnabled"): (
        "AWS leaves failover on while Multi-AZ is; providers/test_aws.py changes it"
    ),
}


@dataclass(frozen=True)
class Planned:
    """One change of one bound attribute of one resource of the estate."""

    token: str
    name: str
    urn: str
    state: Properties


def rounds(checkout: Checkout) -> list[list[Planned]]:
    """Every change that the estate's program lets show, dealt out to the rounds.

    The changes of a type go to all of its resources in turn, to those first that state the
    attribute. Replicas come first: a primary that is renamed takes its replicas' source along.
    What others go by comes last: a pooler that has to start finds no server by a name that leads
    elsewhere, and no other change finds an instance that is renamed.
    """
    resources = resources_of(checkout)
    by_urn: dict[str, list[Planned]] = {}
    for token, name in (change for change in CHANGES if change not in NOT_HERE):
        able = [
            resource
            for resource in resources
            if resource["type"] == token and shows(token, name, resource["inputs"])
        ]
        if able:
            chosen = min(
                able,
                key=lambda resource: (
                    resource["outputs"].get("region", REGION) != REGION,  # where changes are made
                    "replicateSourceDb" not in resource["inputs"],
                    not resource["inputs"].get(name),
                    len(by_urn.get(resource["urn"], [])),
                ),
            )
            state = {**chosen["outputs"], "id": chosen["id"]}
            plan = Planned(token, name, chosen["urn"], state)
            by_urn.setdefault(chosen["urn"], []).append(plan)
    return [
        sorted(
            (plan for plans in by_urn.values() for plan in plans[index::ROUNDS]),
            key=lambda plan: plan.token == RECORD or plan.name == "identifier",
        )
        for index in range(ROUNDS)
    ]


def shows(token: str, name: str, inputs: Properties) -> bool:
    """Whether a change of a property is a difference: one that the service fills in is not."""
    prop = RESOURCE_TYPES[token].properties[name]
    if name == "identifier" and "replicateSourceDb" not in inputs:
        return False  # replicas name their source: they would show its new name too
    if (token, name) == (ALARM, "evaluationPeriods"):
        return inputs.get("period") == 60  # more periods of a day than one aren't evaluated
    if (token, name) == (ALARM, "datapointsToAlarm"):
        return inputs.get("datapointsToAlarm", 1) > 1  # AWS takes no other value than 1 of 1 period
    return name in inputs or not (prop.computed or name in ONE_OF)


def expected(names: set[str], shown: set[str] | None) -> set[str]:
    """The names to be shown; of alternatives, whichever of them were."""
    return names | (ONE_OF & shown if shown and names & ONE_OF else set())


def resources_of(checkout: Checkout) -> list[Properties]:
    found = []
    for file in sorted(checkout.paths().state.glob(".pulumi/stacks/*/production.json")):
        deployment = json.loads(file.read_text())["checkpoint"]["latest"]
        found += [resource for resource in deployment["resources"] if resource.get("custom")]
    return sorted(found, key=lambda resource: str(resource["urn"]))  # else by time of creation


def test_every_bound_attribute_that_is_changed_is_reported_and_taken_back(
    production: Checkout,
) -> None:
    tried: set[tuple[str, str]] = set()
    for plans in rounds(production):
        changed: dict[str, set[str]] = defaultdict(set)
        for plan in plans:
            CHANGES[plan.token, plan.name](plan.state)
            changed[plan.urn].add(plan.name)
            tried.add((plan.token, plan.name))
        seen = production.sandbox("refresh")
        assert seen.code == 0, seen.stderr
        shown = {
            urn: {path.partition(".")[0].partition("[")[0] for path in paths}
            for urn, (_, *paths) in seen.changed.items()
        }
        assert shown == {urn: expected(names, shown.get(urn)) for urn, names in changed.items()}
        production.up()
    assert production.sandbox("refresh").changed == {}
    used = {resource["type"] for resource in resources_of(production)}
    changeable = {token for token, _ in CHANGES}
    assert used & changeable == {token for token, _ in tried}
