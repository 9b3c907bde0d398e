"""All resource types of the provider: the tables' rows, with code where a row is not enough."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.aws.row import row
from sandbox.providers.aws.types import (
    alarms,
    backup_plans,
    buckets,
    dns,
    hosts,
    instances,
    load_balancers,
    network,
    parameter_groups,
    ports,
    replication_groups,
    secret_versions,
    security_groups,
    services,
    task_definitions,
)

TABLES = Path(__file__).parent / "tables"
CODE: dict[str, type[AwsResourceType]] = {
    "aws:backup/plan:Plan": backup_plans.Plan,
    "aws:cloudwatch/metricAlarm:MetricAlarm": alarms.MetricAlarm,
    "aws:ec2/instance:Instance": hosts.Instance,
    "aws:ec2/vpc:Vpc": network.Vpc,
    "aws:ec2/vpcEndpoint:VpcEndpoint": network.VpcEndpoint,
    "aws:ec2/vpcPeeringConnection:VpcPeeringConnection": network.VpcPeeringConnection,
    "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive": (
        security_groups.RulesExclusive
    ),
    "aws:ecs/service:Service": services.Service,
    "aws:ecs/taskDefinition:TaskDefinition": task_definitions.TaskDefinition,
    "aws:elasticache/parameterGroup:ParameterGroup": parameter_groups.CacheParameterGroup,
    "aws:elasticache/replicationGroup:ReplicationGroup": replication_groups.ReplicationGroup,
    "aws:lb/listener:Listener": ports.ConfiguredPort,
    "aws:lb/loadBalancer:LoadBalancer": load_balancers.LoadBalancer,
    "aws:rds/instance:Instance": instances.Instance,
    "aws:rds/parameterGroup:ParameterGroup": parameter_groups.DbParameterGroup,
    "aws:route53/record:Record": dns.Record,
    "aws:s3/bucket:Bucket": buckets.Bucket,
    "aws:secretsmanager/secretVersion:SecretVersion": secret_versions.SecretVersion,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": security_groups.Rule,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": security_groups.Rule,
}
"""The types whose behavior goes beyond a table."""


def resource_types() -> Iterator[AwsResourceType]:
    """The types in the order of the tables."""
    for table in sorted(TABLES.glob("*.yaml")):
        for service, section in yaml.load(table.read_text(), yaml.CSafeLoader).items():
            common = {key: value for key, value in section.items() if key != "types"}
            for token, stated in section["types"].items():
                yield CODE.get(token, AwsResourceType)(row(token, service, common, stated))
