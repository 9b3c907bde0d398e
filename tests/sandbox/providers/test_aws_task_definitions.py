"""Task definitions over the real protocol: what ECS fills in, and what of it is a difference."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.emulator import client
from sandbox.providers.aws.__main__ import PROVIDER
from tests.sandbox.providers.engine_client import Engine, engine

TASK = "aws:ecs/taskDefinition:TaskDefinition"


@pytest.fixture(scope="module")
def aws(emulator: client.Emulator) -> Iterator[Engine]:
    with engine(PROVIDER, region="us-east-1") as speaking:
        yield speaking


def inputs(family: str, **container: Any) -> dict[str, Any]:
    web = {"name": "web", "image": "public.ecr.aws/nginx/nginx:1", **container}
    return {
        "family": family,
        "containerDefinitions": json.dumps([web]),
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
    }


def test_lists_that_ecs_adds_to_a_container_are_no_difference(aws: Engine) -> None:
    stated = inputs("plain", portMappings=[{"containerPort": 80}])
    live = aws.create(TASK, stated)
    assert aws.drift(live) == set()
    assert aws.diff(live, stated) == (set(), set())


def test_a_list_that_ecs_adds_within_linux_parameters_is_a_difference_until_it_is_stated(
    aws: Engine,
) -> None:
    lacking = inputs("lacking", linuxParameters={"capabilities": {"drop": ["ALL"]}})
    live = aws.create(TASK, lacking)
    assert aws.drift(live) == {"containerDefinitions"}
    whole = inputs("whole", linuxParameters={"capabilities": {"add": [], "drop": ["ALL"]}})
    assert aws.drift(aws.create(TASK, whole)) == set()
