"""Drift on the real engine: every bound attribute is changed by boto3, seen, and taken back.

The changes run in rounds: in each, one attribute of a resource is changed, the refresh has to name
that path of that resource and nothing else, and the next `up` takes it back (else the next round's
refresh would name it again).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from sandbox.plugins.aws.__main__ import KINDS
from sandbox.plugins.wire import Properties
from tests.sandbox.changes import CHANGES
from tests.sandbox.checkout import Checkout

ONE_OF = frozenset(
    {
        *("cidrIpv4", "referencedSecurityGroupId"),
        *("gatewayId", "natGatewayId", "vpcPeeringConnectionId"),
    }
)
"""Alternatives of which a resource states one: a change from one to another shows at both."""
REFUSED_HERE = {
    ("aws:ec2/internetGateway:InternetGateway", "vpcId"): (
        "AWS detaches no gateway while its VPC has mapped addresses; test_plugin_aws.py changes it"
    ),
    ("aws:elasticache/replicationGroup:ReplicationGroup", "automaticFailoverEnabled"): (
        "AWS leaves failover on while Multi-AZ is; test_plugin_aws.py changes it"
    ),
}


@dataclass(frozen=True)
class Planned:
    """One change of one bound attribute of one resource of the estate."""

    token: str
    name: str
    urn: str
    state: Properties


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    checkout = Checkout.copy_to(tmp_path_factory.mktemp("drift") / "project")
    checkout.up()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in checkout.exports().items():
            if name.startswith("AWS_"):
                patch.setenv(name, value)
        yield checkout
    assert checkout.sandbox("down").code == 0


def rounds(checkout: Checkout) -> list[list[Planned]]:
    """Every change that the estate's program lets show, one of a resource in a round.

    The changes of a type go to all of its resources in turn, so that the rounds stay few. Replicas
    come first: a primary that is renamed takes its replicas' source along.
    """
    resources = resources_of(checkout)
    by_urn: dict[str, list[Planned]] = {}
    for token, name in (change for change in CHANGES if change not in REFUSED_HERE):
        able = [
            resource
            for resource in resources
            if resource["type"] == token and shows(token, name, resource["inputs"])
        ]
        if able:
            able.sort(key=lambda resource: "replicateSourceDb" not in resource["inputs"])
            chosen = min(able, key=lambda resource: len(by_urn.get(resource["urn"], [])))
            state = {**chosen["outputs"], "id": chosen["id"]}
            plan = Planned(token, name, chosen["urn"], state)
            by_urn.setdefault(chosen["urn"], []).append(plan)
    longest = max(len(plans) for plans in by_urn.values())
    return [
        [plans[index] for plans in by_urn.values() if index < len(plans)]
        for index in range(longest)
    ]


def shows(token: str, name: str, inputs: Properties) -> bool:
    """Whether a change of a property is a difference: one that the service fills in is not."""
    prop = KINDS[token].properties[name]
    if name == "identifier" and "replicateSourceDb" not in inputs:
        return False  # replicas name their source: they would show its new name too
    return name in inputs or not (prop.computed or name in ONE_OF)


def resources_of(checkout: Checkout) -> list[Properties]:
    found = []
    for file in sorted(checkout.home().state.glob(".pulumi/stacks/*/production.json")):
        deployment = json.loads(file.read_text())["checkpoint"]["latest"]
        found += [resource for resource in deployment["resources"] if resource.get("custom")]
    return found


def test_every_bound_attribute_that_is_changed_is_reported_and_taken_back(
    production: Checkout,
) -> None:
    tried: set[tuple[str, str]] = set()
    for plans in rounds(production):
        for plan in plans:
            CHANGES[plan.token, plan.name](plan.state)
        seen = production.sandbox("refresh")
        assert seen.code == 0, seen.stderr
        assert not [(plan.token, plan.name) for plan in plans if not seen.paths(plan.urn)]
        assert seen.document["changes"]["update"] == len(plans)
        for plan in plans:
            paths = seen.paths(plan.urn)
            names = {path.partition(".")[0].partition("[")[0] for path in paths}
            alternatives = ONE_OF if plan.name in ONE_OF else frozenset()
            assert {plan.name} <= names <= {plan.name, *alternatives}, plan
            tried.add((plan.token, plan.name))
        production.up()
    assert production.sandbox("refresh").changed == {}
    used = {resource["type"] for resource in resources_of(production)}
    changeable = {token for token, _ in CHANGES}
    assert used & changeable == {token for token, _ in tried}
