"""Least privilege in both programs: security group rules, readers of secrets, IAM policies."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.components.recording import ROOT, Run, run_program, stack_config

INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
EXCLUSIVE = "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive"
SECRET = "aws:secretsmanager/secret:Secret"
SECRET_POLICY = "aws:secretsmanager/secretPolicy:SecretPolicy"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
CLIENT, CLIENT_GROUP = "10.200.0.0/16", "sg-0c11e47"
PEER = re.compile("cidr|referenced|prefixList")
READ = "secretsmanager:GetSecretValue"


@pytest.fixture(scope="module", params=["production", "staging"])
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def main(environment: str) -> Run:
    """The main program with allowed clients: a CIDR block and a security group."""
    config = stack_config(ROOT, environment)
    config["nexusflow:allowed_clients"] = {"cidrs": [CLIENT], "security_groups": [CLIENT_GROUP]}
    return run_program(ROOT, environment, config)


@pytest.fixture(scope="module", params=[ROOT, ROOT / "foundation"], ids=["main", "foundation"])
def run(request: pytest.FixtureRequest, environment: str, main: Run) -> Run:
    directory: Path = request.param
    return main if directory == ROOT else run_program(directory, environment)


def groups(run: Run) -> set[str]:
    return {f"{group.name}-id" for group in run.all(GROUP)}


def endpoints(run: Run, token: str) -> set[tuple[str, int, str]]:
    """The group, port and peer (CIDR block or security group) of each rule."""
    found = set()
    for rule in run.all(token):
        peers = [rule.inputs[key] for key in rule.inputs if PEER.match(key)]
        assert len(peers) == 1, rule.name
        found.add((rule.inputs["securityGroupId"], rule.inputs["fromPort"], peers[0]))
    return found


POSTGRES, REDIS, BALANCER = (
    "postgres-security-group-id",
    "redis-security-group-id",
    "pgbouncer-load-balancer-balancer-id",
)
HOSTS, NODES = "clickhouse-security-group-hosts-id", "clickhouse-security-group-nodes-id"
APPLICATION, POOLER, ACCESS = "clients-id", "pgbouncer-task-id", "bastion-id"
ENTRANCES = {(POSTGRES, 5432), (BALANCER, 6432), (REDIS, 6379), (HOSTS, 8443), (HOSTS, 9440)}
"""Ingress of the stores from the bastion task and from allowed clients."""
AMONG_NODES = {(NODES, port, NODES) for port in (9010, 9234, 9281, 9440)}
AMONG_SERVERS = {(POSTGRES, 5432, POSTGRES)}


def entering(configured: Collection[str] = ()) -> set[tuple[str, int, str]]:
    return {
        *((group, port, ACCESS) for group, port in ENTRANCES),
        *((group, port, APPLICATION) for group, port in ENTRANCES if group != POSTGRES),
        *((group, port, who) for group, port in ENTRANCES for who in configured),
        (POSTGRES, 5432, POOLER),
        (POOLER, 6432, BALANCER),
        *AMONG_NODES,
        *AMONG_SERVERS,
    }


def test_ingress_rules_are_exactly_these_and_applications_reach_postgresql_through_pgbouncer(
    main: Run,
) -> None:
    assert endpoints(main, INGRESS) == entering((CLIENT, CLIENT_GROUP))


def test_only_configured_cidr_blocks_have_ingress_rules(environment: str) -> None:
    config = stack_config(ROOT, environment)
    config["nexusflow:allowed_clients"] = {"cidrs": [], "security_groups": []}
    assert endpoints(run_program(ROOT, environment, config), INGRESS) == entering()


def test_egress_rules_are_exactly_these(main: Run) -> None:
    assert endpoints(main, EGRESS) == {
        *((ACCESS, port, group) for group, port in ENTRANCES),
        (BALANCER, 6432, POOLER),
        (POOLER, 5432, POSTGRES),
        *AMONG_NODES,
        *AMONG_SERVERS,
        *((group, 443, "0.0.0.0/0") for group in (ACCESS, POOLER, NODES)),
    }


def test_the_foundations_endpoints_accept_the_whole_vpc_and_have_no_egress(
    environment: str,
) -> None:
    foundation = run_program(ROOT / "foundation", environment)
    vpc = stack_config(ROOT / "foundation", environment)["nexusflow-foundation:network"]["cidr"]
    assert endpoints(foundation, INGRESS) == {("network-vpc-endpoints-id", 443, vpc)}
    assert endpoints(foundation, EGRESS) == set()


def test_the_clients_security_group_is_an_output_and_has_no_rules(
    main: Run,
) -> None:
    assert main.outputs["clients_security_group_id"] == APPLICATION
    owner = main.one(EXCLUSIVE, "clients").inputs
    assert (owner["securityGroupId"], owner["ingressRuleIds"], owner["egressRuleIds"]) == (
        APPLICATION,
        [],
        [],
    )


def test_every_rule_is_for_one_port_over_tcp_and_says_what_for(run: Run) -> None:
    for rule in [*run.all(INGRESS), *run.all(EGRESS)]:
        assert rule.inputs["ipProtocol"] == "tcp", rule.name
        assert rule.inputs["fromPort"] == rule.inputs["toPort"], rule.name
        assert rule.inputs["description"]


def test_rules_are_resources_and_every_group_of_the_main_program_manages_them_exclusively(
    main: Run,
) -> None:
    assert not [
        group.name for group in main.all(GROUP) if {"ingress", "egress"} & set(group.inputs)
    ]
    owned = {each.inputs["securityGroupId"] for each in main.all(EXCLUSIVE)}
    assert owned == groups(main)


def statements(run: Run) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each statement of a role's policies, with the role's ARN."""
    arns = {
        role.inputs["name"]: f"arn:aws:iam:::role/{role.name}"
        for role in run.all("aws:iam/role:Role")
    }
    for policy in run.all(ROLE_POLICY):
        for statement in json.loads(policy.inputs["policy"])["Statement"]:
            yield arns[policy.inputs["role"]], statement


def listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def readers(run: Run) -> dict[str, set[str]]:
    """Roles of this stack that a secret's policy allows to read it, by secret ARN."""
    found = {}
    for policy in run.all(SECRET_POLICY):
        (statement,) = json.loads(policy.inputs["policy"])["Statement"]
        principals = statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
        own = {arn for arn in principals if arn.startswith("arn:aws:iam:::role/")}
        found[policy.inputs["secretArn"]] = own
    return found


def test_every_secret_is_readable_by_its_readers_and_the_administrators_only(
    main: Run, environment: str
) -> None:
    secrets = {f"arn:aws:secretsmanager:::{secret.name}" for secret in main.all(SECRET)}
    assert readers(main).keys() == secrets
    account = "arn:aws:iam::123456789012"
    for policy in main.all(SECRET_POLICY):
        (statement,) = json.loads(policy.inputs["policy"])["Statement"]
        assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
        assert statement["Action"] == READ
        principals = statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
        outside = {arn for arn in principals if not arn.startswith("arn:aws:iam:::role/")}
        assert outside == {
            f"{account}:root",
            f"{account}:role/nexusflow-{environment}-deploy",
            f"{account}:role/aws-reserved/sso.amazonaws.com/*AdministratorAccess*",
        }


def test_a_role_reads_exactly_the_secrets_whose_policies_name_it(main: Run) -> None:
    allowed: dict[str, set[str]] = {arn: set() for arn in readers(main)}
    for role, statement in statements(main):
        if READ in listed(statement["Action"]):
            for arn in listed(statement["Resource"]):
                allowed[arn].add(role)  # a pattern is no secret's ARN: a KeyError
    assert allowed == readers(main)
    assert any(allowed.values())


def test_no_role_has_a_wildcard_action(run: Run) -> None:
    for role, statement in statements(run):
        assert statement["Effect"] == "Allow"
        wide = [action for action in listed(statement["Action"]) if action.endswith("*")]
        assert not wide, (role, wide)


ANY_RESOURCE = {
    "cloudwatch:PutMetricData",
    "ec2:DescribeSnapshots",
    "ec2:DescribeTags",
    "ec2:DescribeVolumes",
    "ecr:GetAuthorizationToken",
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
    # of AWS Backup's role, which finds what is tagged
    "rds:DescribeDBInstances",
    "rds:DescribeDBSnapshots",
    "rds:ListTagsForResource",
    "tag:GetResources",
}
"""Actions that do not support resource-level permissions."""


def test_a_role_is_allowed_on_all_resources_only_for_actions_without_resources(main: Run) -> None:
    wide = {
        action
        for _, statement in statements(main)
        if "*" in listed(statement["Resource"])
        for action in listed(statement["Action"])
    }
    assert wide <= ANY_RESOURCE
