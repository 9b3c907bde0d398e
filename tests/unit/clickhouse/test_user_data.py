"""What a host does when it starts: within EC2's limit, valid, without a secret, and checked."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from components.clickhouse import user_data
from config.rules.clickhouse import MOST_HOSTS
from config.settings.clickhouse import MOST_KEEPERS, MOST_SHARDS
from config.sizing.clickhouse_nodes import Node
from tests.golden import golden
from tests.unit.clickhouse import cloud_init
from tests.unit.clickhouse.host import GOLDEN, document, host, settings

PRODUCTION = settings()
NODES = PRODUCTION.nodes
SHELLCHECK = Path(sys.executable).with_name("shellcheck")


def written(text: str) -> dict[str, str]:
    """What cloud-init writes: the content by its path."""
    return {file["path"]: file["content"] for file in yaml.safe_load(text)["write_files"]}


def boot(node: Node) -> str:
    return written(document(PRODUCTION, node))[user_data.BOOT]


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.name)
def test_the_document_is_the_golden_file(node: Node) -> None:
    found = document(PRODUCTION, node)
    assert found == golden(GOLDEN / f"{node.name}.yaml", found)


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.name)
def test_cloud_init_accepts_the_document_and_a_person_can_read_it(node: Node) -> None:
    text = document(PRODUCTION, node)
    assert cloud_init.faults(yaml.safe_load(text)) == []
    assert text.count("\n  content: |\n") == len(written(text))


def test_the_files_are_what_the_host_is_to_have() -> None:
    one = host(PRODUCTION, NODES[0])
    files = written(user_data.render(one))
    assert files["/etc/clickhouse-server/config.d/nexusflow.xml"] == one.server_xml
    assert files["/etc/clickhouse-server/users.d/nexusflow.xml"] == one.users_xml
    assert files["/etc/nexusflow/events.sql"] == one.schema


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.name)
def test_bash_and_shellcheck_accept_the_scripts(node: Node) -> None:
    files = written(document(PRODUCTION, node))
    scripts = {path: text for path, text in files.items() if text.startswith("#!/bin/bash\n")}
    assert {Path(path).name for path in scripts} == {
        "nexusflow-boot",
        *(["nexusflow-schema", "nexusflow-metrics"] if node.holds_data else []),
        *(["nexusflow-backup"] if node.replica == 1 else []),
    }
    for text in scripts.values():
        subprocess.run(["bash", "-n"], input=text, text=True, check=True)
        checked = subprocess.run(
            [SHELLCHECK, "-"], input=text, text=True, capture_output=True, check=False
        )
        assert checked.returncode == 0, checked.stdout


def test_programs_are_roots_alone_and_the_one_that_boots_starts_the_units_last() -> None:
    read = yaml.safe_load(document(PRODUCTION, NODES[0]))
    modes = {file["path"]: file["permissions"] for file in read["write_files"]}
    assert {path for path, mode in modes.items() if mode == "0700"} == {
        path for path in modes if path.startswith("/usr/local/sbin/")
    }
    assert read["runcmd"] == [[user_data.BOOT]]
    *before, reload, enable = boot(NODES[0]).splitlines()
    assert "set -euo pipefail" in before
    assert reload == "systemctl daemon-reload"
    assert enable.startswith("systemctl enable --now nexusflow-secrets.timer clickhouse-server")
    for unit in enable.split()[3:]:
        template = re.sub(r"@\w+\.service", "@.service", unit)
        known = {f"{user_data.UNITS}/{name}" for name in (unit, template)} & modes.keys()
        assert unit == "clickhouse-server.service" or known


def test_the_script_for_secrets_compiles() -> None:
    text = written(document(PRODUCTION, NODES[0]))["/usr/local/sbin/nexusflow-secrets"]
    compile(text, "nexusflow-secrets", "exec")


def test_no_placeholder_is_left() -> None:
    for node in NODES:
        assert not re.findall(r"@[a-z_]+@", document(PRODUCTION, node))


def test_the_largest_clusters_that_are_admitted_fit_into_user_data() -> None:
    voters = PRODUCTION.keepers.model_copy(update={"count": MOST_KEEPERS})
    ingress_sources = [
        settings(shards=shards, replicas=replicas, keepers=voters)
        for shards in range(1, MOST_SHARDS + 1)
        for replicas in range(1, MOST_HOSTS // shards + 1)
    ]
    assert max(grown.hosts for grown in ingress_sources) == MOST_HOSTS
    for grown in ingress_sources:
        for node in grown.nodes:
            assert len(document(grown, node).encode()) <= user_data.MAX_BYTES


def test_more_than_ec2_takes_is_refused() -> None:
    grown = settings(shards=40)
    with pytest.raises(ValueError, match="bytes, EC2 allows 16384"):
        document(grown, grown.nodes[0])


def test_packages_are_checked_before_they_are_installed() -> None:
    text = boot(NODES[0])
    assert text.index("sha256sum --check --strict") < text.index("rpm --upgrade")
    for name in ("common-static", "server", "client"):
        assert f"clickhouse-{name}-23.8.16.40.aarch64.rpm" in text


def test_a_volume_with_anything_on_it_is_never_formatted() -> None:
    text = boot(NODES[0])
    assert text.count("mkfs") == 1
    assert re.search(r'if \[ "\$found" -eq 2 \]; then\n    mkfs\.xfs "\$device"\n', text)
    assert "device=''" in boot(NODES[2])


def test_only_the_first_replica_of_a_shard_backs_up() -> None:
    backing = [node.name for node in NODES if "nexusflow-backup" in document(PRODUCTION, node)]
    assert backing == ["clickhouse-1-1"]


def test_secrets_live_in_memory_and_are_fetched_before_the_server_starts() -> None:
    files = written(document(PRODUCTION, NODES[0]))
    unit = files[f"{user_data.UNITS}/clickhouse-server.service.d/nexusflow.conf"]
    assert "Requires=nexusflow-secrets.service" in unit
    assert "EnvironmentFile=/run/nexusflow/environment" in unit
    secrets = files["/usr/local/sbin/nexusflow-secrets"]
    assert 'DIRECTORY = "/run/nexusflow"' in secrets


def test_what_may_fail_until_keeper_has_its_quorum_is_tried_again() -> None:
    unit = written(document(PRODUCTION, NODES[0]))["/etc/systemd/system/nexusflow@.service"]
    assert "Restart=on-failure" in unit
    assert "Requires=" not in unit


def test_metrics_tell_hosts_of_two_environments_apart() -> None:
    for program in ("metrics", "backup"):
        text = written(document(PRODUCTION, NODES[0]))[f"/usr/local/sbin/nexusflow-{program}"]
        assert "Host=nexusflow-production-clickhouse-1-1" in text


def test_other_passwords_make_another_host() -> None:
    one = host(PRODUCTION, NODES[0])
    assert user_data.render(one) != user_data.render(replace(one, versions=("another",)))
