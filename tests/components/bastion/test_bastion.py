"""The bastion task: no ingress, permissions for sessions only, audited sessions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.components.recording import ROOT, Run, run_program

LOGS = "arn:aws:logs:::log-group:bastion"
NAME = "nexusflow-staging-bastion"


@pytest.fixture(scope="module")
def run() -> Run:
    """Of the staging program, what belongs to the bastion task."""
    main = run_program(ROOT, "staging")
    own = [resource for resource in main.resources if resource.parent == "bastion"]
    return Run(own, outputs=main.outputs)


@pytest.fixture(scope="module")
def container(run: Run) -> dict[str, Any]:
    task = run.one("aws:ecs/taskDefinition:TaskDefinition").inputs
    (only,) = json.loads(task["containerDefinitions"])
    assert isinstance(only, dict)
    return only


def statements(run: Run, role: str) -> list[dict[str, Any]]:
    policy = run.one("aws:iam/rolePolicy:RolePolicy", f"bastion-{role}").inputs["policy"]
    found = json.loads(policy)["Statement"]
    assert isinstance(found, list)
    return found


def test_no_service_runs_it_and_no_port_of_it_is_open(run: Run, container: dict[str, Any]) -> None:
    assert not run.all("aws:ecs/service:Service")
    assert not run.all("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert "portMappings" not in container


def test_it_may_connect_to_the_given_stores_and_aws(run: Run) -> None:
    rules = run.all("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
    endpoints = {
        (r.inputs["fromPort"], r.inputs.get("referencedSecurityGroupId"), r.inputs.get("cidrIpv4"))
        for r in rules
    }
    assert endpoints == {
        (5432, "postgres-security-group-id", None),
        (6379, "redis-security-group-id", None),
        (6432, "pgbouncer-load-balancer-balancer-id", None),
        (8443, "clickhouse-security-group-hosts-id", None),
        (9440, "clickhouse-security-group-hosts-id", None),
        (443, None, "0.0.0.0/0"),
    }
    own = run.outputs["bastion"]["security_group_id"]
    assert {rule.inputs["securityGroupId"] for rule in rules} == {own}
    exclusive = run.one("aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive")
    assert exclusive.inputs["ingressRuleIds"] == []
    assert len(exclusive.inputs["egressRuleIds"]) == len(rules)


def test_sessions_are_logged_encrypted_by_a_cluster_for_the_bastion_only(run: Run) -> None:
    cluster = run.one("aws:ecs/cluster:Cluster").inputs
    assert cluster["configuration"]["executeCommandConfiguration"] == {
        "kmsKeyId": "arn:aws:kms:::key/keys-sessions",
        "logging": "OVERRIDE",
        "logConfiguration": {
            "cloudWatchEncryptionEnabled": True,
            "cloudWatchLogGroupName": "/nexusflow/nexusflow-staging/bastion",
        },
    }
    group = run.one("aws:cloudwatch/logGroup:LogGroup").inputs
    assert group["name"] == "/nexusflow/nexusflow-staging/bastion"
    assert group["kmsKeyId"] == "arn:aws:kms:::key/keys-logs"
    assert group["retentionInDays"] == 365


def test_a_forgotten_task_ends_by_itself(container: dict[str, Any]) -> None:
    assert container["entryPoint"] == ["sleep"]
    assert container["command"] == ["28800"]
    assert "@sha256:" in container["image"]


def test_it_is_unprivileged_logged_and_carries_no_secret(container: dict[str, Any]) -> None:
    assert container["privileged"] is False
    assert container["linuxParameters"]["initProcessEnabled"] is True
    assert container["logConfiguration"]["logDriver"] == "awslogs"
    assert not {"secrets", "environment"} & container.keys()


def test_its_task_role_may_only_open_sessions_and_log_them(run: Run) -> None:
    allowed = {
        (action, resource)
        for statement in statements(run, "task")
        for action in statement["Action"]
        for resource in statement["Resource"]
    }
    assert allowed == {
        *(
            (f"ssmmessages:{verb}{channel}Channel", "*")
            for verb in ("Create", "Open")
            for channel in ("Control", "Data")
        ),
        ("logs:DescribeLogGroups", "*"),
        ("logs:CreateLogStream", f"{LOGS}:*"),
        ("logs:DescribeLogStreams", f"{LOGS}:*"),
        ("logs:PutLogEvents", f"{LOGS}:*"),
        ("kms:Decrypt", "arn:aws:kms:::key/keys-sessions"),
    }


def test_the_execution_role_pulls_the_image_writes_logs_and_reads_no_secret(run: Run) -> None:
    found = statements(run, "execution")
    actions = {action for statement in found for action in statement["Action"]}
    assert not [action for action in actions if action.startswith(("secretsmanager:", "ssm"))]
    wide = {a for s in found if s["Resource"] == ["*"] for a in s["Action"]}
    assert wide == {"ecr:GetAuthorizationToken"}


def test_the_stack_output_has_what_starting_the_task_takes(run: Run) -> None:
    assert run.outputs["bastion"] == {
        "cluster": NAME,
        "task_definition": NAME,
        "subnet_ids": ["subnet-1a", "subnet-1b", "subnet-1c"],
        "security_group_id": "bastion-id",
        "log_group": "/nexusflow/nexusflow-staging/bastion",
    }


def test_its_two_roles_differ_and_only_tasks_of_this_account_assume_them(run: Run) -> None:
    task = run.one("aws:ecs/taskDefinition:TaskDefinition").inputs
    assert task["taskRoleArn"] != task["executionRoleArn"]
    for role in run.all("aws:iam/role:Role"):
        (trust,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
        assert trust["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
