"""Adds refusals of AWS that moto's VPC networking lacks (moto 5.2.5, checked 2026-11-24)."""

from __future__ import annotations

import contextlib
import ipaddress
from typing import Any

from moto.ec2.exceptions import (
    DependencyViolationError,
    EC2ClientError,
    InvalidSecurityGroupNotFoundError,
)
from moto.ec2.models import EC2Backend
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.responses import EC2Response

from sandbox.emulator.ec2.dependencies import (
    refuse_used_group,
    refuse_used_subnet,
    refuse_used_vpc,
    route_tables_of,
)
from sandbox.emulator.patches import Method, wrap_method
from sandbox.emulator.rds.servers import DataPlane

_SUBNET_PREFIXES = range(16, 29)


def patch(_plane: DataPlane) -> None:
    _patch_subnets()
    _patch_gateways()
    _patch_routes()
    _patch_security_groups()
    _patch_vpcs()


def _patch_subnets() -> None:
    # moto accepts any prefix length and keeps host bits.
    @wrap_method(EC2Backend, "create_subnet")
    def create(
        original: Method, backend: Any, vpc_id: str, cidr_block: str, *rest: Any, **named: Any
    ) -> Any:
        if cidr_block:
            cidr_block = _subnet_block(cidr_block)
        return original(backend, vpc_id, cidr_block, *rest, **named)

    # moto accepts availability zones of other regions.
    @wrap_method(EC2Response, "create_subnet")
    def check_zone(original: Method, response: Any) -> Any:
        zone, region = response._get_param("AvailabilityZone"), response.region
        if zone and not zone.startswith(region):
            raise EC2ClientError(
                "InvalidParameterValue",
                f"Value ({zone}) for parameter availabilityZone is invalid. Subnets can only be "
                f"created in zones of {region}.",
            )
        return original(response)

    # moto deletes a subnet in use and leaves its route table association behind.
    @wrap_method(EC2Backend, "delete_subnet")
    def delete(original: Method, backend: Any, subnet_id: str) -> Any:
        refuse_used_subnet(backend, subnet_id)
        subnet = original(backend, subnet_id)
        for table in route_tables_of(backend, subnet_id):
            for association, associated in list(table._associations.items()):
                if associated == subnet_id:
                    del table._associations[association]
        return subnet


def _subnet_block(text: str) -> str:
    """The CIDR block without host bits, which AWS drops as well."""
    try:
        block = ipaddress.IPv4Network(text, strict=False)
    except ValueError:
        return text  # moto raises AWS's error
    if block.prefixlen not in _SUBNET_PREFIXES:
        raise EC2ClientError("InvalidSubnet.Range", f"The CIDR '{text}' is invalid.")
    return str(block)


def _patch_gateways() -> None:
    # moto attaches several internet gateways to one VPC.
    @wrap_method(EC2Backend, "attach_internet_gateway")
    def attach(original: Method, backend: Any, internet_gateway_id: str, vpc_id: str) -> Any:
        for other in backend.internet_gateways.values():
            if other.vpc and other.vpc.id == vpc_id and other.id != internet_gateway_id:
                raise EC2ClientError(
                    "InvalidParameterValue",
                    f"Network {vpc_id} already has an internet gateway attached",
                )
        return original(backend, internet_gateway_id, vpc_id)

    # moto detaches a gateway that public addresses depend on.
    @wrap_method(EC2Backend, "detach_internet_gateway")
    def detach(original: Method, backend: Any, internet_gateway_id: str, vpc_id: str) -> Any:
        if any(
            nat.vpc_id == vpc_id and nat.state != "deleted" and nat.connectivity_type != "private"
            for nat in backend.nat_gateways.values()
        ):
            raise DependencyViolationError(
                f"Network {vpc_id} has some mapped public address(es). Please unmap those public "
                "address(es) before detaching the gateway."
            )
        return original(backend, internet_gateway_id, vpc_id)

    # moto describes no connectivity type where the request gave none.
    @wrap_method(EC2Backend, "create_nat_gateway")
    def create_nat(original: Method, backend: Any, *given: Any, **named: Any) -> Any:
        gateway = original(backend, *given, **named)
        gateway.connectivity_type = gateway.connectivity_type or "public"
        return gateway

    # moto keeps a deleted NAT gateway's network interface and address association.
    @wrap_method(EC2Backend, "delete_nat_gateway")
    def delete_nat(original: Method, backend: Any, nat_gateway_id: str) -> Any:
        if nat_gateway_id not in backend.nat_gateways:
            raise EC2ClientError(
                "NatGatewayNotFound", f"The Nat Gateway {nat_gateway_id} was not found"
            )
        gateway = original(backend, nat_gateway_id)
        for address in gateway.address_set:
            # both may be gone: a NAT gateway can be deleted twice
            with contextlib.suppress(EC2ClientError):
                if public := address.get("publicIp"):
                    backend.disassociate_address(address=public)
            with contextlib.suppress(EC2ClientError):
                backend.delete_network_interface(address["networkInterfaceId"])
        return gateway

    # moto releases an address that a NAT gateway uses.
    @wrap_method(EC2Backend, "release_address")
    def release(
        original: Method, backend: Any, address: str | None = None, allocation_id: str | None = None
    ) -> Any:
        for nat in backend.nat_gateways.values():
            used = {(a.get("publicIp"), a.get("allocationId")) for a in nat.address_set}
            if nat.state != "deleted" and any(address == p or allocation_id == i for p, i in used):
                raise EC2ClientError(
                    "InvalidIPAddress.InUse",
                    f"The address {allocation_id or address} is in use by {nat.id}.",
                )
        return original(backend, address, allocation_id)


def _patch_routes() -> None:
    # moto accepts routes to NAT gateways that don't exist.
    @wrap_method(EC2Backend, "create_route")
    def create(original: Method, backend: Any, *given: Any, **named: Any) -> Any:
        gateway = named.get("nat_gateway_id")
        if gateway and gateway not in backend.nat_gateways:
            raise EC2ClientError(
                "InvalidNatGatewayID.NotFound", f"The NatGateway ID '{gateway}' does not exist"
            )
        return original(backend, *given, **named)

    # moto returns the existing association with another table and changes nothing.
    @wrap_method(EC2Backend, "associate_route_table")
    def associate(
        original: Method,
        backend: Any,
        route_table_id: str,
        gateway_id: str | None = None,
        subnet_id: str | None = None,
    ) -> Any:
        backend.get_route_table(route_table_id)
        for table in route_tables_of(backend, subnet_id) if subnet_id else []:
            if table.id != route_table_id:
                raise EC2ClientError(
                    "Resource.AlreadyAssociated",
                    f"The specified association for route table {route_table_id} conflicts with "
                    "an existing association",
                )
        return original(backend, route_table_id, gateway_id, subnet_id)

    # moto deletes a VPC's main route table. Only the API call is patched, since deleting the VPC
    # must delete the table as well.
    @wrap_method(EC2Response, "delete_route_table")
    def delete(original: Method, response: Any) -> Any:
        backend, table_id = response.ec2_backend, response._get_param("RouteTableId")
        if backend.get_route_table(table_id).main_association_id:
            raise DependencyViolationError(
                f"The routeTable '{table_id}' has dependencies and cannot be deleted."
            )
        return original(response)


def _patch_security_groups() -> None:
    # moto deletes security groups in use. Only the API call is patched, since deleting the VPC must
    # delete its default group as well.
    @wrap_method(EC2Response, "delete_security_group")
    def delete(original: Method, response: Any) -> Any:
        name = response._get_param("GroupId") or response._get_param("GroupName")
        group = response.ec2_backend.get_security_group_by_name_or_id(name)
        if group is not None:
            refuse_used_group(response.ec2_backend, group)
        return original(response)

    # moto modifies the source of CIDR rules only, not of rules that reference a group.
    @wrap_method(EC2Backend, "modify_security_group_rules")
    def modify(
        original: Method, backend: Any, group_id: str, rules: dict[str, dict[str, Any]]
    ) -> Any:
        group = backend.get_security_group_by_name_or_id(group_id)
        found = {rule_id: group and group.get_rule(rule_id) for rule_id in rules}
        for rule_id, requested in rules.items():
            _check_source(backend, found[rule_id], requested)
        original(backend, group_id, rules)
        for rule_id, requested in rules.items():
            if referenced := requested.get("ReferencedGroupId"):
                rule = found[rule_id]
                described = {"Description": text} if (text := requested.get("Description")) else {}
                rule.source_group = {**rule.source_group, "GroupId": referenced, **described}
                rule.ip_range = {}

    # moto describes the description of CIDR rules only.
    def description(rule: Any) -> str | None:
        for source in (rule.ip_range, rule.source_group):
            if text := source.get("Description"):
                return str(text)
        return None

    SecurityGroupRule.description = property(description)


def _check_source(backend: Any, rule: Any, requested: dict[str, Any]) -> None:
    """Refuses a source of another kind than the rule's, and a referenced group that is missing."""
    if rule is None:
        return  # moto raises AWS's error
    referenced = requested.get("ReferencedGroupId")
    if bool(referenced) != bool(rule.source_group):
        kind = "referenced group" if rule.source_group else "CIDR"
        raise EC2ClientError(
            "InvalidParameterValue",
            f"Invalid rule type for security group rule '{rule.id}': it has a {kind} as its "
            "source, which can't be changed to another kind.",
        )
    if referenced and backend.get_security_group_from_id(referenced) is None:
        raise InvalidSecurityGroupNotFoundError(referenced)


def _patch_vpcs() -> None:
    # moto deletes a VPC that still has gateways, endpoints or security groups.
    @wrap_method(EC2Backend, "delete_vpc")
    def delete(original: Method, backend: Any, vpc_id: str) -> Any:
        refuse_used_vpc(backend, vpc_id)
        return original(backend, vpc_id)
