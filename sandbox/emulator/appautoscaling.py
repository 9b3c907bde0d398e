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
    # moto takes a least above the most.
    @wrap_method(ApplicationAutoscalingBackend, "register_scalable_target")
    def register(original: Method, backend: Any, *given: Any, **named: Any) -> Any:
        least, most = named.get("min_capacity"), named.get("max_capacity")
        if least is not None and most is not None and least > most:
            raise AWSValidationException("Maximum capacity cannot be less than minimum capacity")
        return original(backend, *given, **named)

    # moto makes a policy for nothing, and a new one with new alarms of one that changes.
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

    # moto leaves the policies of a target that goes.
    @wrap_method(ApplicationAutoscalingBackend, "deregister_scalable_target")
    def deregister(
        original: Method, backend: Any, namespace: str, r_id: str, dimension: str
    ) -> Any:
        answer = original(backend, namespace, r_id, dimension)
        for policy in list(backend.policies.values()):
            if (policy.resource_id, policy.scalable_dimension) == (r_id, dimension):
                backend.delete_scaling_policy(policy.policy_name, namespace, r_id, dimension)
        return answer
