"""Rules of security groups over the real protocol: who owns them, and in what order they go."""

from __future__ import annotations

import boto3

from sandbox.emulator import client
from sandbox.providers.aws.__main__ import PROVIDER
from tests.sandbox.providers.engine_client import engine

GROUP = "aws:ec2/securityGroup:SecurityGroup"
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EXCLUSIVE = "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive"


def test_a_rule_that_the_list_of_its_group_took_away_first_can_still_be_deleted(
    emulator: client.Emulator,
) -> None:
    """As when a client is taken off the configuration: the list is updated before the rule goes."""
    with engine(PROVIDER, region="us-east-1") as aws:
        vpc = aws.create("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"})
        group = aws.create(GROUP, {"name": "stores", "description": "Stores", "vpcId": vpc.id})
        kept, taken = (
            aws.create(
                RULE,
                {
                    "securityGroupId": group.id,
                    "ipProtocol": "tcp",
                    "fromPort": 5432,
                    "toPort": 5432,
                    "cidrIpv4": network,
                },
            )
            for network in ("10.1.0.0/16", "10.2.0.0/16")
        )
        owned = {"securityGroupId": group.id, "egressRuleIds": []}
        both = aws.create(EXCLUSIVE, {**owned, "ingressRuleIds": [kept.id, taken.id]})
        aws.update(both, {**owned, "ingressRuleIds": [kept.id]})
        aws.delete(taken)
        ec2 = boto3.client("ec2", region_name="us-east-1")
        of_group = [{"Name": "group-id", "Values": [group.id]}]
        rules = ec2.describe_security_group_rules(Filters=of_group)["SecurityGroupRules"]
        assert [each["SecurityGroupRuleId"] for each in rules if not each["IsEgress"]] == [kept.id]
