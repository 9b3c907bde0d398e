"""The PgBouncer service: task definition, load balancer, secrets, and what replaces its tasks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from components.storage.ecr_repository import lifecycle, repository_arn
from database import scram
from sandbox.servers.pgbouncer import configuration
from tests.components.recording import (
    FOUNDATION_OUTPUTS,
    REPOSITORY,
    ROOT,
    Run,
    run_program,
    stack_config,
)

SERVICE = "aws:ecs/service:Service"
TASK = "aws:ecs/taskDefinition:TaskDefinition"
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
EXCLUSIVE = "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"


@pytest.fixture(scope="module")
def main() -> Run:
    return run_program(ROOT, "production")


@pytest.fixture(scope="module")
def container(main: Run) -> Mapping[str, Any]:
    (container,) = json.loads(main.one(TASK, "pgbouncer").inputs["containerDefinitions"])
    assert isinstance(container, dict)
    return container


def _with(environment: str, **pgbouncer: Any) -> Run:
    config = stack_config(ROOT, environment)
    config["nexusflow:pgbouncer"] = {**config["nexusflow:pgbouncer"], **pgbouncer}
    return run_program(ROOT, environment, config)


def test_the_image_is_named_by_its_digest_in_the_foundations_repository(
    container: Mapping[str, Any],
) -> None:
    digest = stack_config(ROOT, "production")["nexusflow:pgbouncer"]["image"]["digest"]
    assert container["image"] == f"{REPOSITORY}@{digest}"


def test_the_container_can_write_nothing_but_its_one_volume(
    main: Run, container: Mapping[str, Any]
) -> None:
    assert container["readonlyRootFilesystem"] is True
    assert container["privileged"] is False
    assert container["linuxParameters"]["capabilities"] == {"add": [], "drop": ["ALL"]}
    assert not container["user"].startswith("0")
    (mount,) = container["mountPoints"]
    assert mount["containerPath"] == "/run/pgbouncer"
    assert main.one(TASK, "pgbouncer").inputs["volumes"] == [{"name": mount["sourceVolume"]}]
    assert main.one(SERVICE).inputs["enableExecuteCommand"] is False


def test_the_task_definition_refers_to_secrets_and_contains_none(
    main: Run, container: Mapping[str, Any]
) -> None:
    named = {each["name"]: each["valueFrom"] for each in container["secrets"]}
    assert named == {
        "PGBOUNCER_USERLIST": "arn:aws:secretsmanager:::pgbouncer-userlist:userlist::"
        "version-of-pgbouncer-userlist",
        "TLS_CERTIFICATE": "arn:aws:secretsmanager:::tls-pgbouncer:certificate::"
        "version-of-tls-pgbouncer",
        "TLS_PRIVATE_KEY": "arn:aws:secretsmanager:::tls-pgbouncer:private_key::"
        "version-of-tls-pgbouncer",
        "PGPASSWORD": "arn:aws:secretsmanager:::database-nexusflow_app:password::",
    }
    text = main.one(TASK, "pgbouncer").inputs["containerDefinitions"]
    assert "Password-of" not in text
    assert "SCRAM-SHA-256$" not in text
    assert "Private-key" not in text


def test_the_user_list_has_the_same_verifiers_as_the_roles(main: Run) -> None:
    listed = json.loads(main.one(VERSION, "pgbouncer-userlist").inputs["secretString"])["userlist"]
    users = dict(line.strip('"').split('" "') for line in listed.splitlines())
    assert set(users) == {
        "nexusflow_app",
        "nexusflow_readonly",
        "pgbouncer_admin",
        "pgbouncer_stats",
    }
    for role in ("nexusflow_app", "nexusflow_readonly"):
        assert (
            users[role]
            == main.one("postgresql:index/role:Role", f"database-{role}").inputs["password"]
        )
    password = "Password-of-pgbouncer-userlist-pgbouncer_stats.1"
    assert users["pgbouncer_stats"] == scram.verifier_from_base64(
        password, "AAECAwQFBgcICQoLDA0ODw=="
    )


def test_the_documented_host_is_what_the_tasks_connect_to(container: Mapping[str, Any]) -> None:
    environment = {each["name"]: each["value"] for each in container["environment"]}
    databases = configuration.parsed(environment["PGBOUNCER_INI"])["databases"]
    assert databases["nexusflow"] == ("host=postgres.nexusflow.internal port=5432 dbname=nexusflow")


def test_the_health_check_queries_through_the_pool(container: Mapping[str, Any]) -> None:
    environment = {each["name"]: each["value"] for each in container["environment"]}
    assert (environment["PGUSER"], environment["PGDATABASE"]) == ("nexusflow_app", "nexusflow")
    assert container["healthCheck"]["command"] == ["CMD", "/usr/local/bin/pgbouncer-health"]
    assert (ROOT / "images/pgbouncer/health.sh").is_file()


def test_a_task_is_deregistered_before_its_connections_are_drained(
    main: Run, container: Mapping[str, Any]
) -> None:
    targets = main.one("aws:lb/targetGroup:TargetGroup").inputs
    assert container["stopTimeout"] == 120
    # the load balancer deregisters the task first and keeps established connections
    assert targets["deregistrationDelay"] < container["stopTimeout"]
    assert targets["connectionTermination"] is False


def test_the_load_balancer_is_internal_forwards_tcp_and_has_a_security_group(
    main: Run,
) -> None:
    balancer = main.one("aws:lb/loadBalancer:LoadBalancer").inputs
    assert balancer["internal"] is True
    assert balancer["loadBalancerType"] == "network"
    assert balancer["securityGroups"] == ["pgbouncer-load-balancer-balancer-id"]
    assert balancer["subnets"] == FOUNDATION_OUTPUTS["subnet_ids"]["private"]  # type: ignore[index]
    assert main.one("aws:lb/listener:Listener").inputs["protocol"] == "TCP"
    assert main.one("aws:lb/targetGroup:TargetGroup").inputs["targetType"] == "ip"


def test_only_the_load_balancer_connects_to_the_tasks(main: Run) -> None:
    (to_tasks,) = [
        rule for rule in main.all(INGRESS) if rule.inputs["securityGroupId"] == "pgbouncer-task-id"
    ]
    assert to_tasks.inputs["referencedSecurityGroupId"] == "pgbouncer-load-balancer-balancer-id"
    owner = main.one(EXCLUSIVE, "pgbouncer-task").inputs
    assert owner["ingressRuleIds"] == [f"sgr-in-{to_tasks.name}"]
    ports = {
        rule.inputs["fromPort"]
        for rule in main.all(EGRESS)
        if rule.inputs["securityGroupId"] == "pgbouncer-task-id"
    }
    assert ports == {5432, 443}


def test_the_service_spans_the_zones_without_a_public_address(main: Run) -> None:
    network = main.one(SERVICE).inputs["networkConfiguration"]
    assert network["assignPublicIp"] is False
    assert len(network["subnets"]) == 3


def test_a_deployment_that_fails_is_rolled_back(main: Run) -> None:
    service = main.one(SERVICE).inputs
    assert service["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert service["deploymentMinimumHealthyPercent"] == 100
    assert service["deploymentMaximumPercent"] == 150
    assert service["waitForSteadyState"] is True


def test_the_number_of_tasks_is_left_to_autoscaling(main: Run) -> None:
    assert list(main.one(SERVICE).request.ignoreChanges) == ["desiredCount"]
    target = main.one("aws:appautoscaling/target:Target").inputs
    assert (target["minCapacity"], target["maxCapacity"]) == (2, 3)
    assert target["resourceId"] == "service/nexusflow-production-pgbouncer/" + (
        "nexusflow-production-pgbouncer"
    )


def test_the_service_depends_on_dns_records_and_roles(
    main: Run,
) -> None:
    waited_for = {urn.rpartition("::")[2] for urn in main.one(SERVICE).request.dependencies}
    assert {
        "private-dns-postgres",
        "database-nexusflow_app",
        "pgbouncer-load-balancer",
    } <= waited_for


def test_the_two_roles_differ_and_the_task_role_has_no_permissions(main: Run) -> None:
    task = main.one(TASK, "pgbouncer").inputs
    assert task["executionRoleArn"] != task["taskRoleArn"]
    (policy,) = [
        each for each in main.all("aws:iam/rolePolicy:RolePolicy") if "pgbouncer" in each.name
    ]
    assert policy.inputs["role"].endswith("-pgbouncer-execution")
    statements = json.loads(policy.inputs["policy"])["Statement"]
    open_ones = [s["Action"] for s in statements if "*" in s["Resource"]]
    assert open_ones == [["ecr:GetAuthorizationToken"]]
    (secrets,) = [
        s["Resource"] for s in statements if s["Action"] == ["secretsmanager:GetSecretValue"]
    ]
    assert set(secrets) == {
        "arn:aws:secretsmanager:::pgbouncer-userlist",
        "arn:aws:secretsmanager:::tls-pgbouncer",
        "arn:aws:secretsmanager:::database-nexusflow_app",
    }


def test_the_logs_are_encrypted_and_have_a_retention(main: Run) -> None:
    group = main.one("aws:cloudwatch/logGroup:LogGroup", "pgbouncer").inputs
    assert group["kmsKeyId"] == "arn:aws:kms:::key/keys-logs"
    assert group["retentionInDays"] == 90


def test_the_certificate_names_the_host_that_clients_use(main: Run) -> None:
    request = main.one("tls:index/certRequest:CertRequest", "tls-pgbouncer").inputs
    assert request["dnsNames"] == ["pgbouncer.nexusflow.internal"]
    record = main.one("aws:route53/record:Record", "pgbouncer-load-balancer").inputs
    assert record["name"] == "pgbouncer.nexusflow.internal"
    assert record["records"] == ["pgbouncer-load-balancer.elb.example.internal"]


def test_an_older_release_gets_no_setting_that_it_refuses() -> None:
    digest = "sha256:" + 64 * "0"
    run = _with("staging", image={"version": "1.20.1", "digest": digest})
    assert (
        "max_prepared_statements" not in run.one(TASK, "pgbouncer").inputs["containerDefinitions"]
    )


def test_the_repository_scans_images_keeps_tags_and_expires_old_images() -> None:
    run = run_program(ROOT / "foundation", "production")
    repository = run.one("aws:ecr/repository:Repository")
    assert repository.inputs["imageTagMutability"] == "IMMUTABLE"
    assert repository.inputs["imageScanningConfiguration"] == {"scanOnPush": True}
    assert repository.inputs["forceDelete"] is False
    assert repository.protected
    policy = json.loads(run.one("aws:ecr/lifecyclePolicy:LifecyclePolicy").inputs["policy"])
    assert policy == json.loads(lifecycle(30))
    assert policy["rules"][0]["selection"]["countNumber"] == 30


def test_a_repository_without_protection_is_deleted_with_its_images() -> None:
    repository = run_program(ROOT / "foundation", "staging").one("aws:ecr/repository:Repository")
    assert repository.inputs["forceDelete"] is True
    assert not repository.protected


def test_a_repositorys_arn_follows_from_its_url() -> None:
    assert repository_arn(REPOSITORY) == (
        "arn:aws:ecr:us-east-1:123456789012:repository/nexusflow/pgbouncer"
    )
