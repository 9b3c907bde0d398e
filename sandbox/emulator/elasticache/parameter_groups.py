"""Adds parameter groups to moto's ElastiCache; corrects its subnet groups and tags.

moto 5.2.5, checked 2026-11-24.
"""

from __future__ import annotations

import re
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.elasticache.exceptions import CacheSubnetGroupNotFound
from moto.elasticache.models import CacheSubnetGroup, ElastiCacheBackend
from moto.elasticache.responses import ElastiCacheResponse

from sandbox.emulator.elasticache import server_settings, store
from sandbox.emulator.patches import Method, wrap_method
from sandbox.emulator.rds.servers import DataPlane

_MOST_PARAMETERS = 20
_NAME = re.compile(r"(?!.*--)[A-Za-z][A-Za-z0-9-]{0,254}(?<!-)")


def patch(plane: DataPlane) -> None:
    _add_parameter_groups(plane)
    _patch_subnet_groups()
    _patch_tags()


def _add_parameter_groups(plane: DataPlane) -> None:
    def create(response: Any) -> Any:
        backend, requested = response.elasticache_backend, response.params
        name, family = requested["CacheParameterGroupName"], requested["CacheParameterGroupFamily"]
        if not _NAME.fullmatch(name):
            raise store.invalid_value(
                f"The parameter CacheParameterGroupName is not a valid identifier: {name}. It must "
                "begin with a letter, contain only letters, digits and hyphens, not end with a "
                "hyphen and have no two hyphens in a row."
            )
        if family not in store.FAMILIES:
            raise store.invalid_value(f"CacheParameterGroupFamily {family} is not a valid family.")
        groups = store.parameter_groups(backend)
        if name.lower() in groups:
            raise store.refusal(
                "CacheParameterGroupAlreadyExists", f"CacheParameterGroup {name} already exists."
            )
        group = store.ParameterGroup(
            name.lower(),
            family,
            requested["Description"],
            store.arn(backend, "parametergroup", name.lower()),
        )
        store.retag(backend, group.arn, requested.get("Tags"))
        groups[group.cache_parameter_group_name] = group
        return ActionResult({"CacheParameterGroup": group})

    def describe(response: Any) -> Any:
        name = response.params.get("CacheParameterGroupName")
        backend = response.elasticache_backend
        found = (
            [store.parameter_group(backend, name)]
            if name
            else list(store.parameter_groups(backend).values())
        )
        return ActionResult({"CacheParameterGroups": found})

    def modify(response: Any) -> Any:
        group = _changeable(response)
        rows = _rows(response, group)
        kinds = store.parameters_of(group.cache_parameter_group_family)
        for name, value in rows.items():
            if not kinds[name].admits(value or ""):
                raise store.invalid_value(
                    f"The parameter {name} has an invalid value: {value}; allowed is "
                    f"{kinds[name].allowed or 'any text'}."
                )
        return change(response, group, {**group.values, **rows})

    def reset(response: Any) -> Any:
        group = _changeable(response)
        if response.params.get("ResetAllParameters"):
            return change(response, group, {})
        unwanted = _rows(response, group)
        kept = {name: value for name, value in group.values.items() if name not in unwanted}
        return change(response, group, kept)

    def change(response: Any, group: store.ParameterGroup, values: dict[str, Any]) -> Any:
        """Applies the change at once, as AWS does for every parameter that the sandbox knows."""
        backend, before = response.elasticache_backend, group.values
        group.values = values
        try:
            server_settings.converge_all(plane, backend, _members(backend, group))
        except Exception:
            group.values = before
            raise
        return ActionResult({"CacheParameterGroupName": group.cache_parameter_group_name})

    def delete(response: Any) -> Any:
        backend, group = response.elasticache_backend, _changeable(response)
        name = group.cache_parameter_group_name
        if members := _members(backend, group):
            raise store.refusal(
                "InvalidCacheParameterGroupState",
                f"One or more cache clusters are still members of this parameter group {name}, so "
                f"the group cannot be deleted ({members[0].replication_group_id}).",
            )
        del store.parameter_groups(backend)[name]
        return EmptyResult()

    ElastiCacheResponse.create_cache_parameter_group = create
    ElastiCacheResponse.describe_cache_parameter_groups = describe
    ElastiCacheResponse.describe_cache_parameters = _describe_parameters
    ElastiCacheResponse.modify_cache_parameter_group = modify
    ElastiCacheResponse.reset_cache_parameter_group = reset
    ElastiCacheResponse.delete_cache_parameter_group = delete


def _describe_parameters(response: Any) -> Any:
    group = store.parameter_group(
        response.elasticache_backend, response.params["CacheParameterGroupName"]
    )
    source = response.params.get("Source")
    rows = [
        {
            "ParameterName": name,
            "ParameterValue": group.values.get(name),
            "Source": "user" if name in group.values else "system",
            "DataType": "integer" if kind.range else "string",
            "AllowedValues": kind.allowed or None,
            "IsModifiable": True,
            "ChangeType": "immediate",
        }
        for name, kind in store.parameters_of(group.cache_parameter_group_family).items()
    ]
    return ActionResult({"Parameters": [r for r in rows if source in (None, r["Source"])]})


def _members(backend: Any, group: store.ParameterGroup) -> list[Any]:
    return [
        each
        for each in backend.replication_groups.values()
        if each.cache_parameter_group_name == group.cache_parameter_group_name
    ]


def _changeable(response: Any) -> store.ParameterGroup:
    name = response.params["CacheParameterGroupName"]
    if name.startswith("default."):
        raise store.refusal(
            "InvalidCacheParameterGroupState",
            f"The default parameter group {name} can't be modified or deleted.",
        )
    return store.parameter_group(response.elasticache_backend, name)


def _rows(response: Any, group: store.ParameterGroup) -> dict[str, str | None]:
    rows = response.params.get("ParameterNameValues") or []
    if not 1 <= len(rows) <= _MOST_PARAMETERS:
        raise store.invalid_value(
            f"From 1 to {_MOST_PARAMETERS} parameters can be modified in one request."
        )
    kinds = store.parameters_of(group.cache_parameter_group_family)
    for row in rows:
        if row.get("ParameterName") not in kinds:
            raise store.invalid_value(
                f"Invalid parameter name {row.get('ParameterName')} for the family "
                f"{group.cache_parameter_group_family}."
            )
    return {row["ParameterName"]: row.get("ParameterValue") for row in rows}


def _patch_subnet_groups() -> None:
    # moto accepts existing names.
    @wrap_method(ElastiCacheBackend, "create_cache_subnet_group")
    def create(original: Method, backend: Any, cache_subnet_group_name: str, **named: Any) -> Any:
        name = cache_subnet_group_name.lower()
        if name in backend.cache_subnet_groups:
            raise store.refusal(
                "CacheSubnetGroupAlreadyExists", f"Cache subnet group {name} already exists."
            )
        group = _subnets(backend, name, **named)
        store.retag(backend, group.arn, named.get("tags"))
        backend.cache_subnet_groups[name] = group
        return group

    def modify(response: Any) -> Any:
        backend, requested = response.elasticache_backend, response.params
        group = _subnet_group(backend, requested["CacheSubnetGroupName"])
        if subnets := requested.get("SubnetIds"):
            wanted = _subnets(
                backend, group.cache_subnet_group_name, subnet_ids=subnets, tags=group.tags
            )
            if wanted.vpc_id != group.vpc_id:
                raise store.refusal(
                    "InvalidSubnet", f"The new subnets are not in the group's VPC {group.vpc_id}."
                )
            group.subnets, group.subnet_ids = wanted.subnets, subnets
        if "CacheSubnetGroupDescription" in requested:
            group.cache_subnet_group_description = requested["CacheSubnetGroupDescription"]
        return ActionResult({"CacheSubnetGroup": group})

    def delete(response: Any) -> Any:
        backend = response.elasticache_backend
        group = _subnet_group(backend, response.params["CacheSubnetGroupName"])
        name = group.cache_subnet_group_name
        for user in backend.replication_groups.values():
            if user.cache_subnet_group_name == name:
                raise store.refusal(
                    "CacheSubnetGroupInUse",
                    f"Cache subnet group {name} is currently in use by a cache cluster "
                    f"({user.replication_group_id}).",
                )
        del backend.cache_subnet_groups[name]
        return EmptyResult()

    ElastiCacheResponse.modify_cache_subnet_group = modify
    ElastiCacheResponse.delete_cache_subnet_group = delete


def _subnet_group(backend: Any, name: str) -> Any:
    if name not in backend.cache_subnet_groups:
        raise CacheSubnetGroupNotFound(name)
    return backend.cache_subnet_groups[name]


def _subnets(backend: Any, name: str, subnet_ids: list[str], **named: Any) -> Any:
    """Refuses missing subnets: moto would invent them, and a VPC with them."""
    group = CacheSubnetGroup(
        backend.account_id,
        backend.region_name,
        name,
        named.get("cache_subnet_group_description", ""),
        subnet_ids,
        named.get("tags"),
    )
    found = {subnet["subnet_identifier"] for subnet in group.subnets}
    if group.vpc_id == "vpc-0123456789abcdef0" or found != set(subnet_ids):
        raise store.refusal("InvalidSubnet", f"Not all of the subnets {subnet_ids} exist.")
    # moto describes the zone as a string, AWS as a structure
    for subnet in group.subnets:
        subnet["subnet_availability_zone"] = {"Name": subnet["subnet_availability_zone"]}
    return group


def _patch_tags() -> None:
    # moto lacks the ARNs of parameter groups and user groups.
    @wrap_method(ElastiCacheBackend, "list_tags_for_resource")
    def list_tags(_original: Method, backend: Any, arn: str) -> Any:
        return backend.tagging_service.list_tags_for_resource(arn)
