"""The parameter groups of the servers: one for the primary, one for its replicas."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from pulumi_aws import rds

from config.settings.postgres import Parameter


def parameter_group(
    name: str,
    physical: str,
    family: str,
    parameters: Mapping[str, Parameter],
    opts: pulumi.ResourceOptions,
) -> rds.ParameterGroup:
    # A group in use can't be deleted: another family needs a new group first, so another name.
    return rds.ParameterGroup(
        name,
        name=physical,
        family=family,
        description=f"Parameters of {physical}",
        parameters=parameter_rows(parameters),
        opts=opts,
    )


def parameter_rows(parameters: Mapping[str, Parameter]) -> list[rds.ParameterGroupParameterArgs]:
    """Sorted, so that the order in a file is no difference."""
    return [
        rds.ParameterGroupParameterArgs(
            name=name, value=parameter.value, apply_method=parameter.apply_method
        )
        for name, parameter in sorted(parameters.items())
    ]
