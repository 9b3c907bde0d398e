"""Corrections of moto where it differs from AWS, applied at the first use of each service."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from sandbox.emulator.rds.servers import DataPlane

MODULES: Mapping[str, tuple[str, ...]] = {
    "cloudwatch": ("sandbox.emulator.cloudwatch.alarms",),
    "backup": (
        "sandbox.emulator.backup.vaults",
        "sandbox.emulator.backup.plans",
        "sandbox.emulator.backup.jobs",
    ),
    "ec2": (
        "sandbox.emulator.ec2.network",
        "sandbox.emulator.ec2.vpc_endpoints",
        "sandbox.emulator.ec2.peering",
        "sandbox.emulator.ec2.instances",
    ),
    "applicationautoscaling": ("sandbox.emulator.appautoscaling",),
    "ecs": ("sandbox.emulator.ecs.clusters", "sandbox.emulator.ecs.services"),
    "elb": ("sandbox.emulator.elbv2",),  # moto serves both versions under the name of the first
    "elasticache": (
        "sandbox.emulator.elasticache.parameter_groups",
        "sandbox.emulator.elasticache.users",
        "sandbox.emulator.elasticache.replication_groups",
    ),
    "kms": ("sandbox.emulator.kms",),
    "logs": ("sandbox.emulator.logs",),
    "rds": (
        "sandbox.emulator.rds.groups",
        "sandbox.emulator.rds.instances",
        "sandbox.emulator.rds.lifecycle",
        "sandbox.emulator.rds.replicas",
        "sandbox.emulator.rds.events",
        "sandbox.emulator.rds.backups",
    ),
    "secretsmanager": ("sandbox.emulator.secretsmanager",),
    "s3": ("sandbox.emulator.s3",),
}
"""Service of moto -> modules with a function `patch(plane)`. moto 5.2.5, checked 2026-11-24."""

Method = Callable[..., Any]


def apply(service: str, plane: DataPlane) -> None:
    """Patches a service before moto serves its first request."""
    for module in MODULES.get(service, ()):
        patch: Callable[[DataPlane], None] = import_module(module).patch
        patch(plane)


def wrap_method(owner: type, name: str) -> Callable[[Method], None]:
    """Decorates the replacement of a method of moto, which gets the original as first argument."""
    original: Method = getattr(owner, name)

    def replace(function: Method) -> None:
        @functools.wraps(original)
        def method(self: Any, *arguments: Any, **named: Any) -> Any:
            return function(original, self, *arguments, **named)

        setattr(owner, name, method)

    return replace
