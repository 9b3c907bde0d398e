"""ElastiCache over the provider's protocol: what the servers run with, and what AWS refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from redis.exceptions import AuthenticationError, NoPermissionError

from sandbox.emulator import client
from sandbox.paths import SandboxPaths
from sandbox.providers.aws.__main__ import PROVIDER
from sandbox.servers import processes
from tests.estate.changes.services import client as api
from tests.estate.resources import elasticache
from tests.sandbox.providers.engine_client import Engine, Live, ProviderError, engine
from tests.sandbox.providers.redis_nodes import changed, connect, members
from tests.sandbox.providers.redis_refusals import REFUSED_CALLS, REFUSED_GROUPS

GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
NEW_PASSWORD = "another-password-of-the-estate"


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> SandboxPaths:
    made = SandboxPaths("redis", Path(tmp_path_factory.mktemp("project")))
    made.directory.mkdir(parents=True)
    return made


@pytest.fixture(scope="module")
def emulator(paths: SandboxPaths) -> Iterator[client.Emulator]:
    with pytest.MonkeyPatch.context() as patch:
        running = client.ensure(paths)
        patch.setenv("AWS_ENDPOINT_URL", running.endpoint)
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_REGION", "us-east-1")
        yield running
        client.stop(paths)


@pytest.fixture(scope="module")
def aws(emulator: client.Emulator) -> Iterator[Engine]:
    with engine(PROVIDER, region="us-east-1") as speaking:
        yield speaking


@pytest.fixture(scope="module")
def made(aws: Engine) -> dict[str, Live]:
    """The estate's ElastiCache part with the network that it needs."""
    found: dict[str, Live] = {}

    def make(name: str, token: str, /, **inputs: Any) -> Live:
        found[name] = aws.create(token, inputs, name)
        return found[name]

    vpc = make("vpc", "aws:ec2/vpc:Vpc", cidrBlock="10.0.0.0/16")
    subnets = [
        make(
            f"subnet-{zone}",
            "aws:ec2/subnet:Subnet",
            vpcId=vpc.id,
            cidrBlock=f"10.0.{index}.0/24",
            availabilityZone=f"us-east-1{zone}",
        )
        for index, zone in enumerate("ab")
    ]
    group = make("group", "aws:ec2/securityGroup:SecurityGroup", name="redis", vpcId=vpc.id)
    key = make("key", "aws:kms/key:Key", description="redis")
    log_group = make("log-group", "aws:cloudwatch/logGroup:LogGroup", name="/redis")
    elasticache.build(make, "redis", subnets, group, key, log_group)
    return found


def test_the_endpoints_of_a_group_are_real_servers(
    paths: SandboxPaths, made: dict[str, Live]
) -> None:
    state = made["cache-group"].state
    primary = {"Address": state["primaryEndpointAddress"], "Port": state["port"]}
    with connect(paths, primary) as limiter:
        assert limiter.set("rl:here", "yes")
        with pytest.raises(NoPermissionError):
            limiter.get("elsewhere")
    assert [member["CurrentRole"] for member in members(made)] == ["primary", "replica"]
    assert state["memberClusters"] == ["redis-state-001", "redis-state-002"]
    assert state["engineVersionActual"] == "7.1.0"


def test_a_changed_access_string_is_in_force_on_every_node_at_once(
    aws: Engine, paths: SandboxPaths, made: dict[str, Live]
) -> None:
    user = made["cache-user-limiter"]
    wider = changed(user, accessString=user.inputs["accessString"] + " +echo")
    assert aws.diff(user, wider) == ({"accessString"}, set())
    widened = aws.update(user, wider)
    for member in members(made):
        with connect(paths, member["ReadEndpoint"]) as limiter:
            assert limiter.echo("hello") == "hello"
    aws.update(widened, user.inputs)
    for member in members(made):
        with connect(paths, member["ReadEndpoint"]) as limiter, pytest.raises(NoPermissionError):
            limiter.echo("hello")


def test_a_password_is_added_before_the_old_one_ends(
    aws: Engine, paths: SandboxPaths, made: dict[str, Live]
) -> None:
    user, old = made["cache-user-limiter"], elasticache.PASSWORD
    primary = members(made)[0]["ReadEndpoint"]
    both = aws.update(user, changed(user, passwords=[old, NEW_PASSWORD]))
    for password in (old, NEW_PASSWORD):
        with connect(paths, primary, password) as limiter:
            assert limiter.ping()
    new = aws.update(both, changed(user, passwords=[NEW_PASSWORD]))
    with connect(paths, primary, old) as limiter, pytest.raises(AuthenticationError):
        limiter.ping()
    assert "passwords" in new.secrets
    aws.update(new, user.inputs)


def test_a_changed_parameter_is_in_force_and_one_that_is_left_out_goes_back(
    aws: Engine, paths: SandboxPaths, made: dict[str, Live]
) -> None:
    group, user = made["cache-parameters"], made["cache-user-limiter"]
    informed = aws.update(user, changed(user, accessString=user.inputs["accessString"] + " +info"))

    def policy() -> str:
        with connect(paths, members(made)[0]["ReadEndpoint"]) as limiter:
            return str(limiter.info("memory")["maxmemory_policy"])

    assert policy() == "noeviction"
    lru = [{"name": "maxmemory-policy", "value": "allkeys-lru"}]
    updated = aws.update(group, changed(group, parameters=lru))
    assert policy() == "allkeys-lru"
    assert updated.state["parameters"] == lru
    assert policy() == "allkeys-lru"
    emptied = aws.update(updated, changed(group, parameters=[]))
    assert policy() == "volatile-lru"
    aws.update(emptied, group.inputs)
    aws.update(informed, user.inputs)


def test_a_group_grows_shrinks_and_changes_its_nodes_in_place(
    aws: Engine, paths: SandboxPaths, made: dict[str, Live]
) -> None:
    group = made["cache-group"]
    wider = changed(group, numCacheClusters=3, nodeType="cache.r7g.large", multiAzEnabled=True)
    differing, replaced = aws.diff(group, wider)
    assert (differing, replaced) == ({"numCacheClusters", "nodeType", "multiAzEnabled"}, set())
    port = group.state["port"]
    grown = aws.update(group, wider)
    assert len(members(made)) == 3
    assert grown.state["port"] == port
    alone = aws.update(
        grown,
        changed(group, numCacheClusters=1, automaticFailoverEnabled=False, multiAzEnabled=False),
    )
    assert [member["CurrentRole"] for member in members(made)] == ["primary"]
    assert alone.state["readerEndpointAddress"] == alone.state["primaryEndpointAddress"]
    aws.update(alone, group.inputs)


def test_what_is_not_to_be_applied_at_once_waits(aws: Engine, made: dict[str, Live]) -> None:
    group = made["cache-group"]
    waiting = aws.update(group, changed(group, nodeType="cache.m7g.xlarge", applyImmediately=False))
    assert waiting.state["nodeType"] == "cache.m7g.large"
    assert aws.drift(waiting) == {"nodeType"}
    aws.update(waiting, group.inputs)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("replicationGroupId", "another"),
        ("subnetGroupName", "another"),
        ("port", 6380),
        ("atRestEncryptionEnabled", False),
        ("kmsKeyId", "arn:aws:kms:us-east-1:123456789012:key/another"),
    ],
)
def test_a_preview_shows_what_replaces_a_replication_group(
    aws: Engine, made: dict[str, Live], name: str, value: object
) -> None:
    group = made["cache-group"]
    assert aws.diff(group, changed(group, **{name: value})) == ({name}, {name})


def test_an_upgrade_is_an_update_and_a_version_with_its_patch_is_refused(
    aws: Engine, made: dict[str, Live]
) -> None:
    group = made["cache-group"]
    assert aws.drift(group) == set()
    _, failures = aws.check(GROUP, changed(group, engineVersion="7.1.0"))
    assert "engineVersion" in failures
    old = aws.create(
        GROUP,
        {
            "replicationGroupId": "old",
            "description": "old",
            "engineVersion": "7.0",
            "nodeType": "cache.t4g.small",
            "applyImmediately": True,
        },
    )
    newer = changed(old, engineVersion="7.1")
    assert aws.diff(old, newer) == ({"engineVersion"}, set())
    upgraded = aws.update(old, newer)
    assert upgraded.state["engineVersionActual"] == "7.1.0"
    with pytest.raises(ProviderError, match="downgrade"):
        aws.update(upgraded, old.inputs)
    aws.delete(upgraded)


@pytest.mark.parametrize(
    ("inputs", "said"),
    REFUSED_GROUPS,
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_a_group_that_aws_refuses_is_not_made(
    aws: Engine, paths: SandboxPaths, made: dict[str, Live], inputs: dict[str, Any], said: str
) -> None:
    running = len(processes.find(paths, processes.SERVER))
    wanted = changed(made["cache-group"], replicationGroupId="refused", **{}) | inputs
    wanted = {name: value for name, value in wanted.items() if value is not None}
    with pytest.raises(ProviderError, match=said):
        aws.create(GROUP, wanted)
    assert len(processes.find(paths, processes.SERVER)) == running
    groups = api("elasticache").describe_replication_groups()["ReplicationGroups"]
    assert [group["ReplicationGroupId"] for group in groups] == ["redis-state"]


@pytest.mark.parametrize(
    ("call", "arguments", "code"),
    REFUSED_CALLS,
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_in_use_or_wrong_stays_as_it_is(
    aws: Engine,
    paths: SandboxPaths,
    made: dict[str, Live],
    call: str,
    arguments: dict[str, Any],
    code: str,
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(api("elasticache"), call)(**arguments)
    assert refused.value.response["Error"]["Code"] == code
    names = [name for name in made if name.startswith("cache-")]
    assert {name: aws.drift(made[name]) for name in names} == {name: set() for name in names}
    with connect(paths, members(made)[0]["ReadEndpoint"]) as limiter:
        assert limiter.ping()


def test_the_network_under_a_group_can_not_be_deleted(made: dict[str, Live]) -> None:
    ec2 = api("ec2")
    for call, argument, name in (
        ("delete_subnet", "SubnetId", "subnet-a"),
        ("delete_security_group", "GroupId", "group"),
    ):
        with pytest.raises(ClientError, match="DependencyViolation"):
            getattr(ec2, call)(**{argument: made[name].id})


def test_the_emulators_log_holds_no_password(paths: SandboxPaths, made: dict[str, Live]) -> None:
    log = paths.emulator_log.read_text()
    assert elasticache.PASSWORD not in log
    assert NEW_PASSWORD not in log


def test_a_deleted_group_leaves_its_final_snapshot_and_no_server(
    aws: Engine, paths: SandboxPaths, made: dict[str, Live]
) -> None:
    for name in reversed(made):
        aws.delete(made[name])
        if name.startswith("cache-"):
            assert aws.read(made[name]) is None, name
    assert processes.find(paths, processes.SERVER) == []
    snapshots = api("elasticache").describe_snapshots()["Snapshots"]
    assert [snapshot["SnapshotName"] for snapshot in snapshots] == ["redis-state-final"]
    for name in reversed(made):
        aws.delete(made[name])
