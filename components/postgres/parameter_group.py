"""RDS parameter groups. The primary has one and all replicas share another one."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from pulumi_aws import rds

from config.settings.postgres import Parameter


def parameter_group(
    name: str,
    physical_name: str,
    family: str,
    parameters: Mapping[str, Parameter],
    opts: pulumi.ResourceOptions,
) -> rds.ParameterGroup:
    """A parameter group. `physical_name` must contain the family: a major upgrade creates the new
    group before it deletes the old one, which is still in use, so both names exist for a while."""
    return rds.ParameterGroup(
        name,
        name=physical_name,
        family=family,
        description=f"Parameters of {physical_name}",
        parameters=parameter_rows(parameters),
        opts=opts,
    )


def parameter_rows(parameters: Mapping[str, Parameter]) -> list[rds.ParameterGroupParameterArgs]:
    """The parameters sorted by name, so that their order in the file causes no difference."""
    return [
        rds.ParameterGroupParameterArgs(
            name=name, value=parameter.value, apply_method=parameter.apply_method
        )
        for name, parameter in sorted(parameters.items())
    ]
