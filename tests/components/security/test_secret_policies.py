"""Secret policies: only listed readers, administrators and the root user read a secret."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase

import pytest

from components.scope import StackScope
from components.security.secret_policies import SecretPolicies, SecretPoliciesArgs, SecretReaders
from config.settings.secrets import SecretSettings
from tests.components.recording import Run, record

SCOPE = StackScope("nexusflow-test", "123456789012", "us-east-1")
POLICY = "aws:secretsmanager/secretPolicy:SecretPolicy"
ACCOUNT = "arn:aws:iam::123456789012"
TASK = f"{ACCOUNT}:role/task"


def recorded(*readers: SecretReaders) -> Run:
    settings = SecretSettings(
        recovery_days=7,
        administrators=("role/deploy-*",),
        readers={"nexusflow_app": ("role/api", "role/worker")},
    )
    arns = {key: f"arn:aws:secretsmanager:::{key}" for key in ("nexusflow_app", "tls-pgbouncer")}
    return record(
        lambda: _nothing(
            SecretPolicies(
                "secrets",
                SecretPoliciesArgs(
                    scope=SCOPE, settings=settings, secret_arns=[arns], readers=readers
                ),
            )
        )
    )


def reads(run: Run, key: str, principal: str) -> bool:
    """Whether the policy leaves it to IAM, as the condition is evaluated."""
    (statement,) = json.loads(run.one(POLICY, f"secrets-{key}").inputs["policy"])["Statement"]
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert statement["Action"] == "secretsmanager:GetSecretValue"
    patterns = statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
    return any(fnmatchcase(principal, pattern) for pattern in patterns)


@pytest.mark.parametrize(
    ("principal", "read"),
    [
        (f"{ACCOUNT}:root", {"nexusflow_app", "tls-pgbouncer"}),
        (f"{ACCOUNT}:role/deploy-1", {"nexusflow_app", "tls-pgbouncer"}),
        (f"{ACCOUNT}:role/api", {"nexusflow_app"}),
        (f"{ACCOUNT}:role/worker", {"nexusflow_app"}),
        (TASK, {"nexusflow_app", "tls-pgbouncer"}),
        (f"{ACCOUNT}:role/everything-else", set()),
        ("arn:aws:iam::210987654321:role/api", set()),
    ],
)
def test_a_principal_reads_only_the_secrets_that_list_it(principal: str, read: set[str]) -> None:
    run = recorded({"tls-pgbouncer": [TASK]}, {"nexusflow_app": [TASK]})
    assert {key for key in ("nexusflow_app", "tls-pgbouncer") if reads(run, key, principal)} == read


def test_no_policy_opens_a_secret_to_the_public() -> None:
    assert all(policy.inputs["blockPublicPolicy"] for policy in recorded().all(POLICY))


def test_a_reader_of_an_unknown_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown secrets: tls-redis"):
        recorded({"tls-redis": [TASK]})


def test_two_secrets_of_one_key_are_refused() -> None:
    settings = SecretSettings(recovery_days=7, administrators=("role/deploy-*",), readers={})
    stores = [{"app": "arn:aws:secretsmanager:::a"}, {"app": "arn:aws:secretsmanager:::b"}]
    with pytest.raises(ValueError, match="two secrets have the key app"):
        record(
            lambda: _nothing(
                SecretPolicies(
                    "secrets",
                    SecretPoliciesArgs(scope=SCOPE, settings=settings, secret_arns=stores),
                )
            )
        )


def _nothing(_: object) -> None:
    return None
