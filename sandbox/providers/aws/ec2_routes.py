"""Route tables, their routes and the subnets that they are for."""

from __future__ import annotations

import zlib
from typing import Any

from sandbox.providers.aws.ec2 import Ec2Resource
from sandbox.providers.aws.resource import ARN, REGISTRY, TAGS, AwsResourceType
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, Property
from sandbox.providers.wire import Properties


class RouteTable(Ec2Resource):
    token = "aws:ec2/routeTable:RouteTable"
    cfn = "AWS::EC2::RouteTable"
    noun, id_key = "route-table", "RouteTableId"
    describe_call = ("describe_route_tables", "RouteTableIds", "RouteTables")
    absent = frozenset({"InvalidRouteTableID.NotFound"})
    properties = {
        "vpcId": Property("VpcId", required=True, bound=True, replaces=REGISTRY),
        "tags": TAGS,
        "arn": ARN,
        "ownerId": Property("OwnerId", output=True),
    }

    def call_create(self, aws: Aws, arguments: dict[str, Any], inputs: Properties) -> Created:
        return Created(
            aws.client("ec2").create_route_table(**arguments)["RouteTable"]["RouteTableId"]
        )

    def details(self, aws: Aws, resource_id: str, item: dict[str, Any]) -> Properties:
        return {"arn": aws.arn("ec2", f"route-table/{resource_id}")}

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            aws.client("ec2").delete_route_table(RouteTableId=resource_id)


class Route(AwsResourceType):
    token = "aws:ec2/route:Route"
    cfn = "AWS::EC2::Route"
    service = "ec2"
    absent = frozenset({"InvalidRouteTableID.NotFound", "InvalidRoute.NotFound"})
    properties = {
        "routeTableId": Property("RouteTableId", required=True, bound=True, replaces=REGISTRY),
        "destinationCidrBlock": Property("DestinationCidrBlock", bound=True, replaces=REGISTRY),
        "gatewayId": Property("GatewayId", bound=True),
        "natGatewayId": Property("NatGatewayId", bound=True),
        "vpcPeeringConnectionId": Property("VpcPeeringConnectionId", bound=True),
        "origin": Property("Origin", output=True),
        "state": Property("State", output=True),
    }

    targets = ("gatewayId", "natGatewayId", "vpcPeeringConnectionId")

    @staticmethod
    def id_of(route_table: str, destination: str) -> str:
        """The provider's own id of a route, which AWS does not number."""
        return f"r-{route_table}{zlib.crc32(destination.encode())}"

    def create(self, aws: Aws, inputs: Properties) -> Created:
        aws.client("ec2").create_route(**self.arguments(inputs))
        return Created(self.id_of(inputs["routeTableId"], inputs["destinationCidrBlock"]))

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        table_id, destination = state["routeTableId"], state["destinationCidrBlock"]
        tables = aws.client("ec2").describe_route_tables(RouteTableIds=[table_id])["RouteTables"]
        for route in (route for table in tables for route in table["Routes"]):
            if route.get("DestinationCidrBlock") == destination:
                targets = dict.fromkeys(self.targets, "")
                return {**targets, **self.bound_values(route), "routeTableId": table_id}
        return None

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        with self.existing():
            aws.client("ec2").replace_route(**self.arguments(inputs))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            aws.client("ec2").delete_route(
                RouteTableId=state["routeTableId"],
                DestinationCidrBlock=state["destinationCidrBlock"],
            )


class RouteTableAssociation(AwsResourceType):
    token = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    cfn = "AWS::EC2::SubnetRouteTableAssociation"
    service = "ec2"
    absent = frozenset({"InvalidAssociationID.NotFound", "InvalidRouteTableID.NotFound"})
    properties = {
        "routeTableId": Property("RouteTableId", required=True, bound=True, replaces=REGISTRY),
        "subnetId": Property("SubnetId", required=True, bound=True, replaces=REGISTRY),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        answer = aws.client("ec2").associate_route_table(**self.arguments(inputs))
        return Created(answer["AssociationId"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        filters = [{"Name": "association.route-table-association-id", "Values": [resource_id]}]
        for table in aws.client("ec2").describe_route_tables(Filters=filters)["RouteTables"]:
            for association in table["Associations"]:
                if association["RouteTableAssociationId"] == resource_id:
                    return self.bound_values(association)
        return None

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            aws.client("ec2").disassociate_route_table(AssociationId=resource_id)


RESOURCE_TYPES = (RouteTable(), Route(), RouteTableAssociation())
