"""Certificates on the real engine: they verify, keys and authority are rotated, renewal shows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from tests.e2e.checkout import Checkout

pytestmark = pytest.mark.exhaustive(
    example="tests/e2e/production/test_loop.py::test_the_application_reaches_the_database_through_the_pooler_by_its_url"
)

ENVIRONMENT = "staging"
STACK_FILE = "Pulumi.staging.yaml"
SETTINGS = "config/nexusflow:certificates"
NAME, HOST = "probe", "probe.nexusflow.internal"
ISSUED = ("clickhouse", "pgbouncer")  # what the estate itself has issued


@dataclass(frozen=True)
class Held:
    """What the secret holds at a time."""

    arn: str
    certificate: x509.Certificate
    private_key: str
    trusted: list[x509.Certificate]

    def accepts(self, other: Held, host: str = HOST) -> bool:
        """Whether who trusts what stands here takes the other's certificate for the host's."""
        verifier = PolicyBuilder().store(Store(self.trusted))
        try:
            verifier.build_server_verifier(x509.DNSName(host)).verify(other.certificate, [])
        except VerificationError:
            return False
        return True


@pytest.fixture(scope="module")
def checkout(staging: Checkout) -> Checkout:
    """Staging, whose program issues one certificate more."""
    program = staging.root / "__main__.py"
    text, before = program.read_text(), "# Data stores\n"
    assert text.count(before) == 1
    issuing = f'authority.issue("{NAME}", ["{HOST}"])\n\n'
    program.write_text(text.replace(before, issuing + before))
    staging.up(ENVIRONMENT)
    return staging


def held(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> Held:
    exports = checkout.exports(ENVIRONMENT)
    for name, value in exports.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    client = boto3.client("secretsmanager", region_name=exports["AWS_REGION"])
    found = [s["ARN"] for s in client.list_secrets()["SecretList"] if f"/tls/{NAME}-" in s["Name"]]
    assert len(found) == 1
    document = json.loads(client.get_secret_value(SecretId=found[0])["SecretString"])
    return Held(
        found[0],
        x509.load_pem_x509_certificate(document["certificate"].encode()),
        document["private_key"],
        x509.load_pem_x509_certificates(document["ca"].encode()),
    )


def test_the_certificate_verifies_for_its_host_and_shows_no_difference(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = held(checkout, monkeypatch)
    assert now.accepts(now)
    assert not now.accepts(now, "another.nexusflow.internal")
    for operation in ("preview", "refresh"):
        assert checkout.sandbox(operation, env=ENVIRONMENT).changed == {}


def test_a_renewal_that_is_due_is_shown_by_preview_and_drift_and_keeps_key_and_trust(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = held(checkout, monkeypatch)
    # the end comes no closer within a test, so the time of the renewal is moved to the present
    rules = checkout.root / "config/rules/certificates.py"
    text = rules.read_text()
    rules.write_text(text.replace("row.renewal_days >= row.validity_days", "False"))
    checkout.edit(STACK_FILE, **{f"{SETTINGS}/issued/renewal_days": 365})
    shown = checkout.sandbox("preview", env=ENVIRONMENT)
    due = {urn for urn, change in shown.changed.items() if "readyForRenewal" in change}
    issued = {f"tls-{name}" for name in (NAME, *ISSUED)}
    assert {urn.rsplit("::", 1)[-1] for urn in due} == issued
    checkout.up(ENVIRONMENT)
    checkout.edit(STACK_FILE, **{f"{SETTINGS}/issued/renewal_days": 60})
    rules.write_text(text)
    checkout.up(ENVIRONMENT)
    after = held(checkout, monkeypatch)
    assert after.certificate.serial_number != before.certificate.serial_number
    assert (after.arn, after.private_key) == (before.arn, before.private_key)
    assert before.accepts(after)
    assert checkout.sandbox("preview", env=ENVIRONMENT).changed == {}


def test_a_new_key_version_makes_a_new_key_in_the_same_secret(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = held(checkout, monkeypatch)
    checkout.edit(STACK_FILE, **{f"{SETTINGS}/issued/key_version": 2})
    checkout.up(ENVIRONMENT)
    after = held(checkout, monkeypatch)
    assert after.arn == before.arn
    assert after.private_key != before.private_key
    assert before.accepts(after)
    assert checkout.sandbox("preview", env=ENVIRONMENT).changed == {}


def test_an_authority_is_rotated_and_at_every_step_old_and_new_trust_each_other(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [held(checkout, monkeypatch)]
    for signs, trusted in ((1, [1, 2]), (2, [1, 2]), (2, [2])):
        authority = f"{SETTINGS}/authority"
        checkout.edit(
            STACK_FILE, **{f"{authority}/key_version": signs, f"{authority}/trusted": trusted}
        )
        checkout.up(ENVIRONMENT)
        steps.append(held(checkout, monkeypatch))
        before, after = steps[-2:]
        assert before.accepts(after)
        assert after.accepts(before)
    first, last = steps[0], steps[-1]
    assert not last.accepts(first)
    assert len(last.trusted) == 1


def test_no_private_key_stands_in_the_state_in_clear(checkout: Checkout) -> None:
    states = list(Path(checkout.paths(ENVIRONMENT).state).rglob("*.json"))
    assert states
    assert not [path for path in states if "PRIVATE KEY" in path.read_text()]
