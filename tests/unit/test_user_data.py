"""What a host does when it starts: within EC2's limit, valid, without a secret, and checked."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from components import user_data
from config.clickhouse_nodes import Node, nodes
from config.clickhouse_rules import MOST_HOSTS
from tests.unit.clickhouse_host import GOLDEN, host, script, settings

PRODUCTION = settings()
NODES = nodes(PRODUCTION)
SHELLCHECK = Path(sys.executable).with_name("shellcheck")


def embedded(text: str, path: str) -> str:
    """A file that the script writes."""
    found = re.search(
        rf"/dev/stdin {re.escape(path)} <<'END_OF_FILE'\n(.*?)\nEND_OF_FILE\n", text, re.DOTALL
    )
    assert found is not None, path
    return f"{found.group(1)}\n"


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.name)
def test_the_script_is_the_golden_file(node: Node) -> None:
    assert script(PRODUCTION, node) == (GOLDEN / f"{node.name}.sh").read_text("utf-8")


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.name)
def test_bash_and_shellcheck_accept_the_script_and_the_scripts_in_it(node: Node) -> None:
    whole = script(PRODUCTION, node)
    texts = [whole]
    if node.holds_data:
        texts.append(embedded(whole, "/usr/local/sbin/nexusflow-schema"))
    if node.replica == 1:
        texts.append(embedded(whole, "/usr/local/sbin/nexusflow-backup"))
    for text in texts:
        subprocess.run(["bash", "-n"], input=text, text=True, check=True)
        checked = subprocess.run(
            [SHELLCHECK, "-"], input=text, text=True, capture_output=True, check=False
        )
        assert checked.returncode == 0, checked.stdout


def test_the_script_for_secrets_compiles() -> None:
    text = embedded(script(PRODUCTION, NODES[0]), "/usr/local/sbin/nexusflow-secrets")
    compile(text, "nexusflow-secrets", "exec")


def test_no_placeholder_is_left() -> None:
    for node in NODES:
        assert not re.findall(r"@[a-z_]+@", script(PRODUCTION, node))


@pytest.mark.parametrize(("shards", "replicas"), [(1, 1), (1, 2), (MOST_HOSTS // 2, 2), (2, 3)])
def test_the_largest_cluster_that_is_admitted_fits_into_user_data(
    shards: int, replicas: int
) -> None:
    grown = settings(shards=shards, replicas=replicas)
    for node in nodes(grown):
        assert len(script(grown, node).encode()) <= user_data.LARGEST


def test_more_than_ec2_takes_is_refused() -> None:
    grown = settings(shards=40)
    with pytest.raises(ValueError, match="bytes, not 16384"):
        script(grown, nodes(grown)[0])


def test_packages_are_checked_before_they_are_installed() -> None:
    text = script(PRODUCTION, NODES[0])
    assert text.index("sha256sum --check --strict") < text.index("rpm --upgrade")
    for name in ("common-static", "server", "client"):
        assert f"clickhouse-{name}-23.8.16.40.aarch64.rpm" in text


def test_a_volume_with_anything_on_it_is_never_formatted() -> None:
    text = script(PRODUCTION, NODES[0])
    assert text.count("mkfs") == 1
    assert re.search(r'if \[ "\$found" -eq 2 \]; then\n    mkfs\.xfs "\$device"\n', text)
    keeper = script(PRODUCTION, NODES[2])
    assert "device=''" in keeper


def test_only_the_first_replica_of_a_shard_backs_up() -> None:
    backing = [node.name for node in NODES if "nexusflow-backup" in script(PRODUCTION, node)]
    assert backing == ["clickhouse-1-1"]


def test_secrets_live_in_memory_and_are_fetched_before_the_server_starts() -> None:
    text = script(PRODUCTION, NODES[0])
    unit = embedded(text, "/etc/systemd/system/clickhouse-server.service.d/nexusflow.conf")
    assert "Requires=nexusflow-secrets.service" in unit
    assert "EnvironmentFile=/run/nexusflow/environment" in unit
    secrets = embedded(text, "/usr/local/sbin/nexusflow-secrets")
    assert 'DIRECTORY = "/run/nexusflow"' in secrets


def test_other_passwords_make_another_host() -> None:
    one = host(PRODUCTION, NODES[0])
    assert user_data.render(one) != user_data.render(replace(one, versions=("another",)))
