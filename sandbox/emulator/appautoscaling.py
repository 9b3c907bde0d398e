"""Corrects moto's Application Auto Scaling (moto 5.2.5, checked 2026-11-24)."""

from __future__ import annotations

from typing import Any

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import (
    ApplicationAutoscalingBackend,
    FakeApplicationAutoscalingPolicy,
)

from sandbox.emulator.patches import Method, wrap_method
from sandbox.emulator.rds.servers import DataPlane


def patch(_plane: DataPlane) -> None:
    # moto accepts a minimum above the maximum.
    @wrap_method(ApplicationAutoscalingBackend, "register_scalable_target")
    def register(original: Method, backend: Any, *given: Any, **named: Any) -> Any:
        minimum, maximum = named.get("min_capacity"), named.get("max_capacity")
        if minimum is not None and maximum is not None and minimum > maximum:
            raise AWSValidationException("Maximum capacity cannot be less than minimum capacity")
        return original(backend, *given, **named)

    # moto accepts a policy without a target, and replaces a changed policy and its alarms by new
    # ones.
    @wrap_method(ApplicationAutoscalingBackend, "put_scaling_policy")
    def put(original: Method, backend: Any, *given: Any, **named: Any) -> Any:
        dimension, target = named["scalable_dimension"], named["resource_id"]
        if not backend._scalable_target_exists(target, dimension):
            raise AWSValidationException(
                "No scalable target registered for service namespace: "
                f"{named['service_namespace']}, resource ID: {target}, scalable dimension: "
                f"{dimension}"
            )
        key = FakeApplicationAutoscalingPolicy.formulate_key(
            named["service_namespace"], target, dimension, named["policy_name"]
        )
        before = backend.policies.get(key)
        if before is not None:
            before.delete_alarms(backend.account_id, backend.region_name)
        policy = original(backend, *given, **named)
        if before is not None:
            policy.policy_arn = before.policy_arn
        return policy

    # moto keeps the policies of a deregistered target.
    @wrap_method(ApplicationAutoscalingBackend, "deregister_scalable_target")
    def deregister(
        original: Method, backend: Any, namespace: str, r_id: str, dimension: str
    ) -> Any:
        answer = original(backend, namespace, r_id, dimension)
        for policy in list(backend.policies.values()):
            if (policy.resource_id, policy.scalable_dimension) == (r_id, dimension):
                backend.delete_scaling_policy(policy.policy_name, namespace, r_id, dimension)
        return answer
