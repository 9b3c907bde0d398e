"""Flow logs: who talks to whom in a network."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.ec2 import Ec2Resource
from sandbox.providers.aws.resource import PROVIDER, REGISTRY, TAGS
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, NotFound, Property
from sandbox.providers.wire import Properties

_RESOURCES = {"vpcId": "VPC", "subnetId": "Subnet", "eniId": "NetworkInterface"}
"""The property that names the logged resource, and EC2's name of its type."""


class FlowLog(Ec2Resource):
    """Nothing of it but its tags can be changed."""

    token = "aws:ec2/flowLog:FlowLog"
    cfn = "AWS::EC2::FlowLog"
    noun, id_key = "vpc-flow-log", "FlowLogId"
    describe_call = ("describe_flow_logs", "FlowLogIds", "FlowLogs")
    absent = frozenset({"InvalidFlowLogId.NotFound"})
    properties = {
        "vpcId": Property(bound=True, replaces=PROVIDER),
        "subnetId": Property(bound=True, replaces=PROVIDER),
        "eniId": Property(bound=True, replaces=PROVIDER),
        "trafficType": Property("TrafficType", bound=True, replaces=REGISTRY),
        "logDestinationType": Property(
            "LogDestinationType", default="cloud-watch-logs", bound=True, replaces=REGISTRY
        ),
        "logDestination": Property("LogDestination", computed=True, bound=True, replaces=REGISTRY),
        "iamRoleArn": Property("DeliverLogsPermissionArn", bound=True, replaces=REGISTRY),
        "logFormat": Property("LogFormat", computed=True, bound=True, replaces=REGISTRY),
        "maxAggregationInterval": Property(
            "MaxAggregationInterval", default=600, bound=True, replaces=REGISTRY
        ),
        "tags": TAGS,
        "arn": Property(output=True),
    }

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        named = [name for name in _RESOURCES if name in inputs]
        if len(named) != 1:
            return [("", f"a flow log is of one resource, not of {named or 'none'}")]
        return super().validate(inputs)

    def call_create(self, aws: Aws, arguments: dict[str, Any], inputs: Properties) -> Created:
        (name,) = (name for name in _RESOURCES if name in inputs)
        answer = aws.client("ec2").create_flow_logs(
            **arguments, ResourceType=_RESOURCES[name], ResourceIds=[inputs[name]]
        )
        for failed in answer.get("Unsuccessful", []):
            raise RuntimeError(f"{failed['ResourceId']}: {failed['Error']['Message']}")
        return Created(answer["FlowLogIds"][0])

    def details(self, aws: Aws, resource_id: str, item: dict[str, Any]) -> Properties:
        prefix = {"vpc-": "vpcId", "subnet-": "subnetId", "eni-": "eniId"}
        of = item["ResourceId"]
        return {
            "arn": aws.arn("ec2", f"vpc-flow-log/{resource_id}"),
            **{name: of for start, name in prefix.items() if of.startswith(start)},
        }

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            if self.described(aws, resource_id) is None:
                raise NotFound(resource_id)
            aws.client("ec2").delete_flow_logs(FlowLogIds=[resource_id])


RESOURCE_TYPES = (FlowLog(),)
