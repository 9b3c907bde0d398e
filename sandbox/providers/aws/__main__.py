"""The sandbox's `aws` provider: pulumi-aws's resource types on the emulator instead of AWS."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version

from sandbox.providers.aws.catalog import resource_types
from sandbox.providers.aws.functions import FUNCTIONS
from sandbox.providers.aws.session import Aws, EmulatorLedger, configure
from sandbox.providers.provider import Provider, table
from sandbox.providers.resource_type import ResourceType
from sandbox.providers.serve import serve
from sandbox.providers.wire import Properties

RESOURCE_TYPES = table(resource_types())


def default_inputs(aws: Aws, resource_type: ResourceType[Aws], inputs: Properties) -> Properties:
    """The provider's region and its default tags, which the resource's own override."""
    completed = dict(inputs)
    if "region" in resource_type.inputs:
        completed["region"] = inputs.get("region") or aws.region
    tags = inputs.get("tags")
    if "tags" in resource_type.inputs and (tags is None or isinstance(tags, dict)):
        completed["tags"] = {**aws.default_tags, **(tags or {})}
    return completed


def in_region(aws: Aws, properties: Properties) -> Aws:
    region = properties.get("region")
    return replace(aws, region=region) if region and region != aws.region else aws


PROVIDER = Provider(
    name="aws",
    version=version("pulumi-aws"),
    resource_types=RESOURCE_TYPES,
    configure=configure,
    functions=FUNCTIONS,
    scope=in_region,
    ledger=EmulatorLedger,
    default_inputs=default_inputs,
)

if __name__ == "__main__":
    serve(PROVIDER)
