"""Runs a real program with its real stack file against a recording engine: no plugins, no cloud."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import json
import runpy
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pulumi.runtime import configure, mocks, rpc, set_all_config
from pulumi.runtime.stack import run_in_stack

from engine.program import _outputs_are_known

ROOT = Path(__file__).resolve().parents[2]
SECRET = "4dabf18193072939515e22adb298388d"
"""The key that marks a special value on the engine's wire, secrets among them."""

REPOSITORY = "123456789012.dkr.ecr.us-east-1.amazonaws.com/nexusflow/pgbouncer"
FOUNDATION_OUTPUTS = {
    "vpc_id": "vpc-0a1b2c3d",
    "vpc_cidr": "10.20.0.0/16",
    "availability_zones": ["us-east-1a", "us-east-1b", "us-east-1c"],
    "subnet_ids": {
        "public": ["subnet-0a", "subnet-0b", "subnet-0c"],
        "private": ["subnet-1a", "subnet-1b", "subnet-1c"],
        "data": ["subnet-2a", "subnet-2b", "subnet-2c"],
    },
    "repositories": {"pgbouncer": REPOSITORY},
    "packages_bucket": "nexusflow-packages",
}


@dataclass(frozen=True)
class RecordedResource:
    """One registration as the engine receives it."""

    token: str
    name: str
    inputs: Mapping[str, Any]
    request: Any

    @property
    def protected(self) -> bool:
        return bool(self.request.protect)

    @property
    def parent(self) -> str:
        return str(self.request.parent).rsplit("::", 1)[-1]

    def is_secret(self, key: str) -> bool:
        """Whether the engine would keep this input encrypted."""
        value = self.request.object.fields[key]
        return value.HasField("struct_value") and SECRET in value.struct_value.fields


@dataclass
class Run:
    resources: list[RecordedResource] = field(default_factory=list)
    references: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)

    def all(self, token: str) -> list[RecordedResource]:
        return [resource for resource in self.resources if resource.token == token]

    def one(self, token: str, name: str | None = None) -> RecordedResource:
        found = [r for r in self.all(token) if name in (None, r.name)]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} resources are {token} {name or ''}")
        return found[0]


def _computed(token: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What the cloud would add to the inputs, for the attributes that the programs read."""
    added = {
        "random:index/randomPassword:RandomPassword": {"result": f"Password-of-{name}.1"},
        "random:index/randomBytes:RandomBytes": {"base64": "AAECAwQFBgcICQoLDA0ODw=="},
        "random:index/randomId:RandomId": {"hex": "0a1b2c3d"},
        "aws:kms/key:Key": {"arn": f"arn:aws:kms:::key/{name}", "keyId": name},
        "aws:secretsmanager/secret:Secret": {"arn": f"arn:aws:secretsmanager:::{name}"},
        "aws:rds/instance:Instance": {
            "address": f"{inputs.get('identifier')}.example.internal",
            "arn": f"arn:aws:rds:us-east-1:123456789012:db:{inputs.get('identifier')}",
        },
        "aws:backup/vault:Vault": {
            "arn": f"arn:aws:backup:{inputs.get('region')}:123456789012:backup-vault:{name}"
        },
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {
            "securityGroupRuleId": f"sgr-in-{name}"
        },
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": {
            "securityGroupRuleId": f"sgr-out-{name}"
        },
        "aws:elasticache/replicationGroup:ReplicationGroup": {
            "primaryEndpointAddress": f"{inputs.get('replicationGroupId')}.example.internal",
            "readerEndpointAddress": f"{inputs.get('replicationGroupId')}-ro.example.internal",
        },
        "aws:cloudwatch/logGroup:LogGroup": {"arn": f"arn:aws:logs:::log-group:{name}"},
        "aws:iam/role:Role": {"arn": f"arn:aws:iam:::role/{name}"},
        "aws:sns/topic:Topic": {"arn": f"arn:aws:sns:::{name}"},
        "aws:route53/zone:Zone": {"zoneId": "Z0"},
        "aws:ecr/repository:Repository": {"repositoryUrl": REPOSITORY},
        "aws:ecs/cluster:Cluster": {"arn": f"{name}-id"},  # its ARN is its id
        "aws:ecs/taskDefinition:TaskDefinition": {"arn": f"arn:aws:ecs:::task/{name}:1"},
        "aws:lb/loadBalancer:LoadBalancer": {
            "arn": f"arn:aws:elb:::balancer/{name}",
            "arnSuffix": f"net/{name}/0",
            "dnsName": f"{name}.elb.example.internal",
        },
        "aws:lb/targetGroup:TargetGroup": {
            "arn": f"arn:aws:elb:::targets/{name}",
            "arnSuffix": f"targetgroup/{name}/0",
        },
        "aws:ec2/instance:Instance": {"privateDns": f"{name}.ec2.internal"},
        "aws:s3/bucket:Bucket": {"arn": f"arn:aws:s3:::{inputs.get('bucket')}"},
        "aws:cloudwatch/compositeAlarm:CompositeAlarm": {
            "arn": f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{inputs.get('alarmName')}"
        },
        "tls:index/privateKey:PrivateKey": {
            "privateKeyPem": f"Private-key-of-{name}",
            "privateKeyPemPkcs8": f"Private-key-of-{name}",
        },
        "tls:index/certRequest:CertRequest": {"certRequestPem": f"Request-of-{name}"},
        "tls:index/selfSignedCert:SelfSignedCert": _certificate(name),
        "tls:index/locallySignedCert:LocallySignedCert": _certificate(name),
        "aws:secretsmanager/secretVersion:SecretVersion": {"versionId": f"version-of-{name}"},
    }
    secret = {
        "random:index/randomPassword:RandomPassword": ["result"],
        "tls:index/privateKey:PrivateKey": ["privateKeyPem", "privateKeyPemPkcs8"],
    }
    state = {**inputs, **added.get(token, {})}
    for key in secret.get(token, []):
        state[key] = {SECRET: "1b47061264138c4ac30d75fd1eb44270", "value": state[key]}
    return state


def _certificate(name: str) -> dict[str, Any]:
    return {"certPem": f"Certificate-of-{name}\n", "validityEndTime": "2036-01-01T00:00:00Z"}


class _Mocks(mocks.Mocks):
    def __init__(self, run: Run) -> None:
        self._run = run

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], None]:
        raise AssertionError(f"{args.token}: the programs call nothing")

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ == "pulumi:pulumi:StackReference":
            self._run.references[args.name] = str(args.resource_id)
            return args.resource_id, {**args.inputs, "outputs": FOUNDATION_OUTPUTS}
        return f"{args.name}-id", _computed(args.typ, args.name, args.inputs)


class _Monitor(mocks.MockMonitor):
    def __init__(self, run: Run) -> None:
        super().__init__(_Mocks(run))
        self._run = run

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 # the protocol's name
        if request.type != "pulumi:pulumi:Stack":
            inputs = rpc.deserialize_properties(request.object)
            self._run.resources.append(
                RecordedResource(request.type, request.name, _clear(inputs), request)
            )
        base: Any = super()
        return base.RegisterResource(request)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        if "pulumi:pulumi:Stack::" in request.urn:
            self._run.outputs = _clear(rpc.deserialize_properties(request.outputs))
        base: Any = super()
        return base.RegisterResourceOutputs(request)


def _clear(value: Any) -> Any:
    """Secrets unwrapped at every depth."""
    if isinstance(value, Mapping):
        return (
            _clear(value["value"]) if SECRET in value else {k: _clear(v) for k, v in value.items()}
        )
    return [_clear(item) for item in value] if isinstance(value, list) else value


def stack_config(directory: Path, environment: str) -> dict[str, Any]:
    document = yaml.safe_load((directory / f"Pulumi.{environment}.yaml").read_text("utf-8"))
    config = document["config"]
    assert isinstance(config, dict)
    return config


def run_program(directory: Path, environment: str, config: Mapping[str, Any] | None = None) -> Run:
    """Runs <directory>/__main__.py as the stack with this configuration.

    Without one it is the stack file's: what that makes is recorded once a process, as a run takes
    seconds, so no test may change it.
    """
    if config is None:
        return _as_configured(directory, environment)
    return _run_program(directory, environment, config)


@functools.cache
def _as_configured(directory: Path, environment: str) -> Run:
    return _run_program(directory, environment, stack_config(directory, environment))


def _run_program(directory: Path, environment: str, config: Mapping[str, Any]) -> Run:
    project = yaml.safe_load((directory / "Pulumi.yaml").read_text("utf-8"))["name"]
    program = str(directory / "__main__.py")
    return record(lambda: _nothing(runpy.run_path(program)), project, environment, config)


def record(
    program: Callable[[], None],
    project: str = "nexusflow",
    environment: str = "test",
    config: Mapping[str, Any] | None = None,
) -> Run:
    """What a program registers, be it as small as one component."""
    run = Run()

    # The mocks want an event loop in the thread that answers: one thread, one loop, both ended.
    answering = asyncio.new_event_loop()
    thread = ThreadPoolExecutor(1, initializer=lambda: asyncio.set_event_loop(answering))

    async def run_and_wait() -> None:
        program()
        await _outputs_are_known()  # as in a real run: the SDK's own way takes three times as long

    async def as_the_engine_would() -> None:
        asyncio.get_running_loop().set_default_executor(thread)
        monitor: Any = _Monitor(run)
        settings: Any = mocks.MockSettings
        features = monitor.GetDeploymentInfo(None).supportedFeatures
        configure(
            settings(
                monitor=monitor,
                monitor_features=set(features),
                engine=mocks.MockEngine(None),
                project=project,
                stack=environment,
                dry_run=False,
                organization=None,
            )
        )
        values = {k: v if isinstance(v, str) else json.dumps(v) for k, v in (config or {}).items()}
        set_all_config(values, [])
        await run_in_stack(run_and_wait)

    with closing(answering):
        contextvars.copy_context().run(asyncio.run, as_the_engine_would())
    return run


def _nothing(_: object) -> None:
    return None
