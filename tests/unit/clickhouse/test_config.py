"""What ClickHouse reads: well-formed, without a secret, and the same as the golden files."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from components.clickhouse import config as clickhouse_config
from config.sizing.clickhouse_nodes import Node, keepers
from tests.golden import golden
from tests.unit.clickhouse.host import GOLDEN, LIMITS, cluster, server, settings

PRODUCTION, STAGING = settings(), settings("staging")
NODES = PRODUCTION.nodes


def test_production_is_two_replicas_in_two_zones_and_a_keeper_in_the_third() -> None:
    rows = [(n.name, n.zone, n.shard, n.replica, n.keeper) for n in NODES]
    assert rows == [
        ("clickhouse-1-1", 0, 1, 1, 1),
        ("clickhouse-1-2", 1, 1, 2, 2),
        ("clickhouse-keeper-3", 2, None, None, 3),
    ]


def test_staging_is_one_host_with_its_own_keeper() -> None:
    (only,) = STAGING.nodes
    assert (only.shard, only.replica, only.keeper) == (1, 1, 1)


@pytest.mark.parametrize(
    ("shards", "replicas", "voters"), [(1, 1, 3), (2, 2, 3), (4, 2, 5), (2, 3, 3), (8, 1, 1)]
)
def test_growth_is_a_number(shards: int, replicas: int, voters: int) -> None:
    counted = PRODUCTION.keepers.model_copy(update={"count": voters})
    grown = settings(shards=shards, replicas=replicas, keepers=counted).nodes
    data = [node for node in grown if node.holds_data]
    assert len(data) == shards * replicas
    assert sorted(node.keeper or 0 for node in keepers(grown)) == list(range(1, voters + 1))
    assert len({node.name for node in grown}) == len(grown)
    for shard in range(1, shards + 1):
        zones = [node.zone % 3 for node in data if node.shard == shard]
        assert len(set(zones)) == replicas  # replicas of a shard never share a zone


def test_three_keepers_lie_in_three_zones() -> None:
    assert sorted(node.zone % 3 for node in keepers(NODES)) == [0, 1, 2]


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.name)
def test_the_configuration_is_the_golden_file(node: Node) -> None:
    found = server(PRODUCTION, node)
    assert found == golden(GOLDEN / f"{node.name}.xml", found)


def test_the_users_are_the_golden_file() -> None:
    found = clickhouse_config.users(LIMITS)
    assert found == golden(GOLDEN / "users.xml", found)


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.name)
def test_no_port_speaks_without_tls(node: Node) -> None:
    root = ElementTree.fromstring(server(PRODUCTION, node))  # noqa: S314 - our own text
    ports = {element.tag for element in root.iter() if element.tag.endswith("port")}
    plain = [root.find(port) for port in clickhouse_config.UNENCRYPTED]
    assert all(element is not None and element.get("remove") == "1" for element in plain)
    assert ports - set(clickhouse_config.UNENCRYPTED) <= {
        *("https_port", "interserver_https_port", "port"),
    }
    for element in (*root.iter("replica"), *root.iter("node")):
        if element.find("host") is not None:
            assert element.findtext("secure") == "1"


def test_every_password_comes_from_the_environment() -> None:
    texts = [server(PRODUCTION, NODES[0]), clickhouse_config.users(LIMITS)]
    for text in texts:
        for element in ElementTree.fromstring(text).iter():  # noqa: S314 - our own text
            if re.search(r"password|secret$", element.tag):
                assert element.get("from_env"), element.tag
                assert not element.text


def test_the_login_without_a_password_is_gone() -> None:
    root = ElementTree.fromstring(clickhouse_config.users(LIMITS))  # noqa: S314 - our own text
    default = root.find("users/default")
    assert default is not None
    assert default.get("remove") == "1"


def test_logs_about_the_server_itself_end() -> None:
    root = ElementTree.fromstring(server(PRODUCTION, NODES[0]))  # noqa: S314 - our own text
    for log in clickhouse_config.SYSTEM_LOGS:
        assert root.findtext(f"{log}/ttl") == "event_date + toIntervalDay(30)"


def test_every_node_knows_every_keeper_and_every_replica() -> None:
    known = cluster(PRODUCTION)
    for node in NODES:
        root = ElementTree.fromstring(server(PRODUCTION, node))  # noqa: S314 - our own text
        found = [element.text for element in root.findall("zookeeper/node/host")]
        assert found == [known.address(voter) for voter in keepers(NODES)]
        hosts = [e.text for e in root.findall("remote_servers/analytics/shard/replica/host")]
        assert hosts == [known.address(each) for each in NODES if each.holds_data]
