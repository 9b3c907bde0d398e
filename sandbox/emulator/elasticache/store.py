"""ElastiCache resources that moto lacks, kept on its backend, and ElastiCache's errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from moto.elasticache.exceptions import ElastiCacheException

from sandbox.servers.redis import parameters

FAMILIES = ("redis7",)
"""The parameter group families that the sandbox supports."""


def refusal(code: str, message: str) -> Exception:
    """An error of ElastiCache."""
    return cast(Exception, ElastiCacheException(code, message))


def invalid_value(message: str) -> Exception:
    return refusal("InvalidParameterValue", message)


def invalid_combination(message: str) -> Exception:
    return refusal("InvalidParameterCombination", message)


@dataclass
class ParameterGroup:
    cache_parameter_group_name: str
    cache_parameter_group_family: str
    description: str
    arn: str
    is_global: bool = False
    values: dict[str, str] = field(default_factory=dict)


@dataclass
class UserGroup:
    user_group_id: str
    engine: str
    user_ids: list[str]
    arn: str
    status: str = "active"
    minimum_engine_version: str = "6.0"


def arn(backend: Any, kind: str, name: str) -> str:
    return f"arn:aws:elasticache:{backend.region_name}:{backend.account_id}:{kind}:{name}"


def parameter_groups(backend: Any) -> dict[str, ParameterGroup]:
    """Parameter groups by name, including AWS's default groups."""
    defaults = {
        f"default.{family}": ParameterGroup(
            f"default.{family}",
            family,
            f"Default parameter group for {family}",
            arn(backend, "parametergroup", f"default.{family}"),
        )
        for family in FAMILIES
    }
    return cast(
        dict[str, ParameterGroup], backend.__dict__.setdefault("cache_parameter_groups", defaults)
    )


def parameter_group(backend: Any, name: str) -> ParameterGroup:
    groups = parameter_groups(backend)
    if name not in groups:
        raise refusal("CacheParameterGroupNotFound", f"CacheParameterGroup {name} not found.")
    return groups[name]


def parameters_of(family: str) -> Mapping[str, parameters.Parameter]:
    """The parameters of a supported family, by name."""
    del family  # there is one
    return parameters.parameters()


def user_groups(backend: Any) -> dict[str, UserGroup]:
    return cast(dict[str, UserGroup], backend.__dict__.setdefault("user_groups", {}))


def user_group(backend: Any, name: str) -> UserGroup:
    groups = user_groups(backend)
    if name not in groups:
        raise refusal("UserGroupNotFound", f"User group {name} not found.")
    return groups[name]


def retag(backend: Any, resource_arn: str, tags: list[dict[str, str]] | None) -> None:
    """Replaces the tags: a deleted resource of the same name may have left some."""
    backend.tagging_service.delete_all_tags_for_resource(resource_arn)
    if tags:
        backend.tagging_service.tag_resource(resource_arn, tags)
