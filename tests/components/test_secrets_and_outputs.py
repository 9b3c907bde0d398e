"""Passwords and verifiers of the main program stay secret, and no stack output holds one."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
import yaml

from database import scram
from tests.components.recording import (
    FOUNDATION_OUTPUTS,
    ROOT,
    Run,
    run_program,
    stack_config,
)

ENVIRONMENTS = ("production", "staging")
INSTANCE = "aws:rds/instance:Instance"
ROLE = "postgresql:index/role:Role"
ROLES = ("nexusflow_app", "nexusflow_readonly", "nexusflow_admin")
SECRET_VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
CLICKHOUSE_SECRETS = 3
"""The hosts' one, and one for each of the two logins."""
REPLICAS = {
    environment: stack_config(ROOT, environment)["nexusflow:postgres"]["replicas"]["count"]
    for environment in ENVIRONMENTS
}
REDIS_USERS = {
    user: row["group"]
    for user, row in yaml.safe_load((ROOT / "config/defaults/redis.yaml").read_text())[
        "users"
    ].items()
}


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def main(environment: str) -> Run:
    return run_program(ROOT, environment)


def test_a_role_has_a_verifier_and_its_secret_has_the_password(environment: str, main: Run) -> None:
    role = main.one(ROLE, "database-nexusflow_app")
    password = "Password-of-database-nexusflow_app.1"
    assert role.inputs["password"] == scram.verifier_from_base64(
        password, "AAECAwQFBgcICQoLDA0ODw=="
    )
    assert role.inputs["login"] is True
    version = main.one(SECRET_VERSION, "database-nexusflow_app")
    assert json.loads(version.inputs["secretString"]) == {
        "username": "nexusflow_app",
        "password": password,
        "engine": "postgres",
        "host": f"nexusflow-{environment}.example.internal",
        "port": 5432,
        "dbname": "nexusflow",
    }


def test_whatever_holds_a_password_or_a_verifier_is_a_secret(main: Run) -> None:
    holders = [
        (resource, key)
        for resource in main.resources
        for key, value in resource.inputs.items()
        if re.search(r"Password-of|SCRAM-SHA-256", json.dumps(value))
    ]
    assert Counter(resource.token for resource, _ in holders) == {
        INSTANCE: 1,
        ROLE: len(ROLES),
        # master, the pooler's list and its console's two users
        SECRET_VERSION: len(ROLES) + 4 + len(REDIS_USERS) + CLICKHOUSE_SECRETS,
        "aws:elasticache/user:User": len(REDIS_USERS) + 1,
        "pulumi-python:dynamic/database:ObjectOwnership": 1,
        "pulumi-python:dynamic/database:Migrations": 1,
        "pulumi-python:dynamic/database:CatalogReconciler": 3,
        "pulumi:providers:postgresql": 1,
    }
    assert all(resource.is_secret(key) for resource, key in holders)


def test_no_password_is_a_stack_output(main: Run, environment: str) -> None:
    others = ("clickhouse",)  # its own tests look at it
    assert {key: value for key, value in main.outputs.items() if key not in others} == {
        "postgres": {
            "identifier": f"nexusflow-{environment}",
            "address": f"nexusflow-{environment}.example.internal",
            "port": 5432,
            "database": "nexusflow",
            "master_secret_arn": "arn:aws:secretsmanager:::postgres-master",
            "readers": [
                {
                    "identifier": f"nexusflow-{environment}-replica-{number}",
                    "address": f"nexusflow-{environment}-replica-{number}.example.internal",
                    "port": 5432,
                }
                for number in range(1, REPLICAS[environment] + 1)
            ],
        },
        "roles": {
            role: {"secret_arn": f"arn:aws:secretsmanager:::database-{role}"} for role in ROLES
        },
        "parameter_group": f"nexusflow-{environment}-postgres15",
        "vpc_id": FOUNDATION_OUTPUTS["vpc_id"],
        "zone_id": "Z0",
        "alarm_topic_arns": {
            severity: f"arn:aws:sns:::alarm-topics-{severity}"
            for severity in ("warning", "critical")
        },
        "redis": {
            "groups": {
                purpose: {
                    "identifier": f"nexusflow-{environment}-{purpose}",
                    "address": f"nexusflow-{environment}-{purpose}.example.internal",
                    "reader_address": f"nexusflow-{environment}-{purpose}-ro.example.internal",
                    "port": 6379,
                }
                for purpose in ("cache", "state")
            },
            "users": {
                user: {"group": group, "secret_arn": f"arn:aws:secretsmanager:::redis-{user}"}
                for user, group in REDIS_USERS.items()
            },
        },
        "backups": main.outputs["backups"],  # test_backups.py tells what is in them
        "certificates": {
            "authority": {
                "certificate_pem": "Certificate-of-tls-authority-1\n",
                "not_after": "2036-01-01T00:00:00Z",
            },
            "issued": {
                name: {
                    "secret_arn": f"arn:aws:secretsmanager:::tls-{name}",
                    "not_after": "2036-01-01T00:00:00Z",
                }
                for name in ("clickhouse", "pgbouncer")
            },
        },
        "pgbouncer": {
            "host": "pgbouncer.nexusflow.internal",
            "address": "pgbouncer-load-balancer.elb.example.internal",
            "port": 6432,
            "databases": ["nexusflow", "nexusflow_readers"],
            "admin_secret_arn": "arn:aws:secretsmanager:::pgbouncer-userlist-pgbouncer_admin",
            "stats_secret_arn": "arn:aws:secretsmanager:::pgbouncer-userlist-pgbouncer_stats",
            "cluster": f"nexusflow-{environment}-pgbouncer",
            "service": f"nexusflow-{environment}-pgbouncer",
        },
        "bastion": {
            "cluster": f"nexusflow-{environment}-bastion",
            "task_definition": f"nexusflow-{environment}-bastion",
            "subnet_ids": ["subnet-1a", "subnet-1b", "subnet-1c"],
            "security_group_id": "bastion-id",
            "log_group": f"/nexusflow/nexusflow-{environment}/bastion",
        },
        "clients_security_group_id": "clients-id",
    }


def test_generated_passwords_avoid_what_rds_refuses(main: Run) -> None:
    for generated in main.all("random:index/randomPassword:RandomPassword"):
        assert not set('/@" ') & set(generated.inputs["overrideSpecial"])
        assert generated.inputs["length"] >= 32
        older = generated.name.endswith("-even")  # the second password of a user of Redis
        assert generated.inputs["keepers"] == {"credential_version": "0" if older else "1"}


def test_raising_a_credential_version_changes_password_and_salt_of_that_login_only() -> None:
    config = stack_config(ROOT, "staging")
    config["nexusflow:database"] = {"roles": {"nexusflow_app": {"credential_version": 2}}}
    run = run_program(ROOT, "staging", config)
    credential_versions = {
        (r.token.rsplit(":", 1)[-1], r.name): r.inputs["keepers"]["credential_version"]
        for r in run.resources
        if "credential_version" in r.inputs.get("keepers", {})
    }
    assert {
        key for key, credential_version in credential_versions.items() if credential_version == "2"
    } == {
        ("RandomPassword", "database-nexusflow_app"),
        ("RandomBytes", "database-nexusflow_app"),
    }
