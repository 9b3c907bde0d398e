"""Changes of security groups and their rules by plain boto3 calls."""

from __future__ import annotations

from typing import Any

from sandbox.providers.wire import Properties
from tests.estate.changes.services import Change, client


def rule(**to: Any) -> Change:
    def change(state: Properties) -> None:
        described = client("ec2").describe_security_group_rules(SecurityGroupRuleIds=[state["id"]])
        now = described["SecurityGroupRules"][0]
        request = {
            key: now[key]
            for key in ("IpProtocol", "FromPort", "ToPort", "CidrIpv4", "Description")
            if key in now
        }
        if "ReferencedGroupInfo" in now:
            request["ReferencedGroupId"] = now["ReferencedGroupInfo"]["GroupId"]
        request |= {key: value(state) if callable(value) else value for key, value in to.items()}
        client("ec2").modify_security_group_rules(
            GroupId=state["securityGroupId"],
            SecurityGroupRules=[{"SecurityGroupRuleId": state["id"], "SecurityGroupRule": request}],
        )

    return change


def new_group(vpc: str) -> str:
    name = f"by-hand-{len(client('ec2').describe_security_groups()['SecurityGroups'])}"
    made = client("ec2").create_security_group(GroupName=name, Description="by hand", VpcId=vpc)
    return str(made["GroupId"])


def remove_new_groups() -> None:
    """Removes the security groups that changes made: AWS deletes no network with a group in it."""
    by_hand = [{"Name": "group-name", "Values": ["by-hand-*"]}]
    for group in client("ec2").describe_security_groups(Filters=by_hand)["SecurityGroups"]:
        client("ec2").delete_security_group(GroupId=group["GroupId"])


def vpc_of_group(group: str) -> str:
    groups = client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    return str(groups[0]["VpcId"])


def another_rule(direction: str) -> Change:
    def change(state: Properties) -> None:
        getattr(client("ec2"), f"authorize_security_group_{direction}")(
            GroupId=state["securityGroupId"],
            IpPermissions=[
                {
                    "IpProtocol": "tcp",
                    "FromPort": 22,
                    "ToPort": 22,
                    "IpRanges": [{"CidrIp": "192.0.2.0/24", "Description": "by hand"}],
                }
            ],
        )

    return change
