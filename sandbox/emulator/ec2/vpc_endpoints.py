"""Corrects moto's VPC endpoints (moto 5.2.5, checked 2026-11-24)."""

from __future__ import annotations

from typing import Any

from moto.ec2.responses import EC2Response

from sandbox.emulator.patches import Method, wrap_method
from sandbox.emulator.rds.servers import DataPlane


def patch(_plane: DataPlane) -> None:
    # moto ignores private DNS when an endpoint is modified.
    @wrap_method(EC2Response, "modify_vpc_endpoint")
    def modify(original: Method, response: Any) -> Any:
        answer = original(response)
        private_dns = response._get_bool_param("PrivateDnsEnabled")
        if private_dns is not None:
            wanted = [response._get_param("VpcEndpointId")]
            (endpoint,) = response.ec2_backend.describe_vpc_endpoints(vpc_end_point_ids=wanted)
            endpoint.private_dns_enabled = private_dns
        return answer
