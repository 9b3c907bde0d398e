"""The sandbox's `aws` provider: pulumi-aws's resource types on the emulator instead of AWS."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version

from sandbox.providers.aws import (
    appautoscaling,
    backup,
    backup_plans,
    cloudwatch,
    ebs,
    ec2_default_group,
    ec2_endpoints,
    ec2_flow_logs,
    ec2_instance,
    ec2_network,
    ec2_peering,
    ec2_routes,
    ec2_security,
    ecr,
    ecs,
    ecs_service,
    elasticache,
    elasticache_group,
    events,
    iam,
    iam_profile,
    kms,
    lb,
    lb_targets,
    logs,
    rds,
    rds_backups,
    rds_events,
    rds_instance,
    route53,
    s3,
    s3_settings,
    secretsmanager,
    sns,
    sns_subscription,
)
from sandbox.providers.aws.functions import FUNCTIONS
from sandbox.providers.aws.session import Aws, EmulatorLedger, configure
from sandbox.providers.provider import Provider, table
from sandbox.providers.resource_type import ResourceType
from sandbox.providers.serve import serve
from sandbox.providers.wire import Properties

MODULES = (
    *(ec2_network, ec2_routes, ec2_peering, ec2_endpoints, ec2_flow_logs),
    *(ec2_security, ec2_default_group),
    *(iam, kms, secretsmanager, logs, sns, route53, rds, rds_instance, rds_events),
    *(ecr, ecs, ecs_service, lb, lb_targets, appautoscaling),
    *(elasticache, elasticache_group),
    *(s3, s3_settings, ec2_instance, ebs, iam_profile),
    *(cloudwatch, sns_subscription),
    *(backup, backup_plans, rds_backups, events),
)
RESOURCE_TYPES = table(
    resource_type for module in MODULES for resource_type in module.RESOURCE_TYPES
)


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
