"""Redis as registered by the main program: replication groups, users, alarms."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tests.components.recording import ROOT, RecordedResource, Run, run_program, stack_config

GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
PARAMETERS = "aws:elasticache/parameterGroup:ParameterGroup"
USER = "aws:elasticache/user:User"
USERS = "aws:elasticache/userGroup:UserGroup"
PASSWORD = "random:index/randomPassword:RandomPassword"
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
ENVIRONMENTS = ("production", "staging")
PURPOSES = ("cache", "state")


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def main(environment: str) -> Run:
    return run_program(ROOT, environment)


def group(run: Run, purpose: str) -> RecordedResource:
    return run.one(GROUP, f"redis-{purpose}")


def with_redis(**changes: Any) -> Run:
    config = stack_config(ROOT, "staging")
    config["nexusflow:redis"] = {**config["nexusflow:redis"], **changes}
    return run_program(ROOT, "staging", config)


def test_the_cache_group_evicts_and_the_state_group_does_not(main: Run) -> None:
    policies = {
        parameters.name: {row["name"]: row["value"] for row in parameters.inputs["parameters"]}[
            "maxmemory-policy"
        ]
        for parameters in main.all(PARAMETERS)
    }
    assert policies == {"redis-cache": "allkeys-lru", "redis-state": "noeviction"}


def test_only_the_state_group_has_snapshots_and_for_seven_days(main: Run, environment: str) -> None:
    state, cache = group(main, "state").inputs, group(main, "cache").inputs
    assert state["snapshotRetentionLimit"] == 7
    assert state["snapshotWindow"] == "01:00-02:00"
    assert state["finalSnapshotIdentifier"] == f"nexusflow-{environment}-state-final-0a1b2c3d"
    assert cache["snapshotRetentionLimit"] == 0
    assert not {"snapshotWindow", "finalSnapshotIdentifier"} & cache.keys()


@pytest.mark.parametrize("purpose", PURPOSES)
def test_production_survives_the_loss_of_a_node_and_of_a_zone(
    main: Run, environment: str, purpose: str
) -> None:
    inputs = group(main, purpose).inputs
    replicated = environment == "production"
    assert inputs["numCacheClusters"] == (2 if replicated else 1)
    assert inputs["automaticFailoverEnabled"] is replicated
    assert inputs["multiAzEnabled"] is replicated
    subnets = main.one("aws:elasticache/subnetGroup:SubnetGroup").inputs["subnetIds"]
    assert subnets == ["subnet-2a", "subnet-2b", "subnet-2c"]


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_group_is_encrypted_on_the_wire_and_at_rest(main: Run, purpose: str) -> None:
    expected = {
        "transitEncryptionEnabled": True,
        "transitEncryptionMode": "required",
        "atRestEncryptionEnabled": True,
        "kmsKeyId": "arn:aws:kms:::key/keys-redis",
    }
    inputs = group(main, purpose).inputs
    assert {key: inputs[key] for key in expected} == expected
    assert "authToken" not in inputs


@pytest.mark.parametrize("purpose", PURPOSES)
def test_the_engine_version_has_no_patch_number(main: Run, purpose: str) -> None:
    inputs = group(main, purpose).inputs
    assert (inputs["engine"], inputs["engineVersion"]) == ("redis", "7.1")
    assert inputs["autoMinorVersionUpgrade"] is True
    assert main.one(PARAMETERS, f"redis-{purpose}").inputs["family"] == "redis7"


@pytest.mark.parametrize("purpose", PURPOSES)
def test_both_logs_go_to_encrypted_log_groups_as_json(
    main: Run, environment: str, purpose: str
) -> None:
    configured = {
        row["logType"]: (row["destination"], row["destinationType"], row["logFormat"])
        for row in group(main, purpose).inputs["logDeliveryConfigurations"]
    }
    where = f"/aws/elasticache/nexusflow-{environment}-{purpose}"
    assert configured == {
        log: (f"{where}/{log}", "cloudwatch-logs", "json") for log in ("slow-log", "engine-log")
    }
    for log in configured:
        made = main.one("aws:cloudwatch/logGroup:LogGroup", f"redis-{purpose}-{log}").inputs
        assert made["kmsKeyId"] == "arn:aws:kms:::key/keys-logs"
        assert made["retentionInDays"] == {"production": 90, "staging": 30}[environment]


def test_the_default_user_has_no_access(main: Run, environment: str) -> None:
    default = main.one(USER, "redis-user-default").inputs
    assert default["userName"] == "default"
    assert default["accessString"].split()[0] == "off"
    assert default["accessString"].split()[-1] == "-@all"
    for purpose in PURPOSES:
        members = main.one(USERS, f"redis-{purpose}").inputs["userIds"]
        assert members[0] == f"nexusflow-{environment}-default"
        attached = group(main, purpose).inputs["userGroupIds"]
        assert attached == [f"nexusflow-{environment}-{purpose}"]


def test_an_application_has_a_user_of_its_own_in_the_group_that_it_uses(
    main: Run, environment: str
) -> None:
    members = {
        each.name: {user.rpartition("-")[2] for user in each.inputs["userIds"]}
        for each in main.all(USERS)
    }
    users = yaml.safe_load((ROOT / "config/defaults/redis.yaml").read_text())["users"]
    assert members == {
        f"redis-{purpose}": {"default", *(key for key in users if users[key]["group"] == purpose)}
        for purpose in PURPOSES
    }
    for key, user in users.items():
        access = main.one(USER, f"redis-user-{key}").inputs["accessString"].split()
        keys = [f"~{pattern}" for pattern in user["keys"]]
        assert access[: len(keys) + 3] == ["on", *keys, "resetchannels", "-@all"]
        assert not {"+@all", "+@admin", "+@dangerous", "~*", "allkeys"} & set(access)


def test_a_user_has_two_passwords_and_its_secret_has_the_newer_one(
    main: Run, environment: str
) -> None:
    user = main.one(USER, "redis-user-sessions")
    assert user.is_secret("passwords")
    even, odd = (f"Password-of-redis-user-sessions-{parity}.1" for parity in ("even", "odd"))
    assert user.inputs["passwords"] == [even, odd]
    version = main.one(VERSION, "redis-sessions")
    assert version.is_secret("secretString")
    assert json.loads(version.inputs["secretString"]) == {
        "username": "nexusflow_sessions",
        "password": odd,
        "engine": "redis",
        "host": f"nexusflow-{environment}-state.example.internal",
        "port": 6379,
    }


def test_raising_a_credential_version_replaces_the_older_password_only() -> None:
    def keepers(run: Run) -> dict[str, str]:
        return {
            each.name: each.inputs["keepers"]["credential_version"]
            for each in run.all(PASSWORD)
            if each.name.startswith("redis-")
        }

    before = keepers(with_redis())
    raised = with_redis(users={"sessions": {"credential_version": 2}})
    changed = {name: now for name, now in keepers(raised).items() if now != before[name]}
    assert changed == {"redis-user-sessions-even": "2"}
    secret = json.loads(raised.one(VERSION, "redis-sessions").inputs["secretString"])
    assert secret["password"] == "Password-of-redis-user-sessions-even.1"


def test_one_resource_owns_all_rules_of_the_security_group(main: Run) -> None:
    owner = main.one(
        "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive",
        "redis-security-group",
    ).inputs
    ingress_sources = ("clients", "bastion")
    assert owner["ingressRuleIds"] == [
        f"sgr-in-redis-security-group-from-{who}" for who in ingress_sources
    ]
    assert owner["egressRuleIds"] == []
    rule = main.one(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "redis-security-group-from-clients",
    ).inputs
    assert (rule["fromPort"], rule["toPort"]) == (6379, 6379)
    assert rule["referencedSecurityGroupId"] == "clients-id"


def test_clients_outside_the_vpc_may_be_cidr_blocks_or_security_groups() -> None:
    config = stack_config(ROOT, "staging")
    config["nexusflow:allowed_clients"] = {"cidrs": ["10.40.0.0/16"], "security_groups": ["sg-0a"]}
    run = run_program(ROOT, "staging", config)
    token = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    sources = {
        rule.inputs.get("cidrIpv4") or rule.inputs.get("referencedSecurityGroupId")
        for rule in run.all(token)
        if rule.name.startswith("redis-security-group-")
    }
    assert sources == {"clients-id", "bastion-id", "10.40.0.0/16", "sg-0a"}


def test_every_group_has_private_names_for_its_primary_and_its_readers(
    main: Run, environment: str
) -> None:
    records = {
        record.inputs["name"]: record.inputs["records"]
        for record in main.all("aws:route53/record:Record")
        if record.inputs["name"].startswith("redis-")
    }
    state = f"nexusflow-{environment}-state"
    assert records["redis-state.nexusflow.internal"] == [f"{state}.example.internal"]
    assert records["redis-state-readers.nexusflow.internal"] == [f"{state}-ro.example.internal"]
    assert len(records) == 4


def test_small_nodes_reserve_more_of_their_memory(main: Run, environment: str) -> None:
    for parameters in main.all(PARAMETERS):
        rows = {row["name"]: row["value"] for row in parameters.inputs["parameters"]}
        assert rows["reserved-memory-percent"] == {"production": "25", "staging": "30"}[environment]
