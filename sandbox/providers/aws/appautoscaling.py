"""Application Auto Scaling: what is scaled, and by which policy."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.resource import REGISTRY, AwsResourceType
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, NotFound, Property
from sandbox.providers.wire import Properties

SERVICE = "application-autoscaling"
_IDENTITY = ("serviceNamespace", "resourceId", "scalableDimension")


def _identity(properties: Properties) -> dict[str, Any]:
    """The three names by which the API knows a target."""
    return {name[0].upper() + name[1:]: properties[name] for name in _IDENTITY}


class Target(AwsResourceType):
    """Without tags: moto keeps none (moto 5.2.5, 2026-11-24)."""

    token = "aws:appautoscaling/target:Target"
    cfn = "AWS::ApplicationAutoScaling::ScalableTarget"
    service = SERVICE
    absent = frozenset({"ObjectNotFoundException"})
    properties = {
        "serviceNamespace": Property(
            "ServiceNamespace", required=True, bound=True, replaces=REGISTRY
        ),
        "resourceId": Property("ResourceId", required=True, bound=True, replaces=REGISTRY),
        "scalableDimension": Property(
            "ScalableDimension", required=True, bound=True, replaces=REGISTRY
        ),
        "minCapacity": Property("MinCapacity", required=True, bound=True),
        "maxCapacity": Property("MaxCapacity", required=True, bound=True),
        "arn": Property("ScalableTargetARN", output=True),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        aws.client(SERVICE).register_scalable_target(**self.arguments(inputs))
        return Created(inputs["resourceId"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        answer = aws.client(SERVICE).describe_scalable_targets(
            ServiceNamespace=state["serviceNamespace"],
            ResourceIds=[resource_id],
            ScalableDimension=state["scalableDimension"],
        )
        return next((self.bound_values(found) for found in answer["ScalableTargets"]), None)

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        aws.client(SERVICE).register_scalable_target(**self.arguments(inputs))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        if self.read(aws, resource_id, state) is None:
            raise NotFound(resource_id)
        aws.client(SERVICE).deregister_scalable_target(**_identity(state))


class Policy(AwsResourceType):
    token = "aws:appautoscaling/policy:Policy"
    cfn = "AWS::ApplicationAutoScaling::ScalingPolicy"
    service = SERVICE
    absent = frozenset({"ObjectNotFoundException"})
    properties = {
        "name": Property("PolicyName", required=True, bound=True, replaces=REGISTRY),
        "serviceNamespace": Property(
            "ServiceNamespace", required=True, bound=True, replaces=REGISTRY
        ),
        "resourceId": Property("ResourceId", required=True, bound=True, replaces=REGISTRY),
        "scalableDimension": Property(
            "ScalableDimension", required=True, bound=True, replaces=REGISTRY
        ),
        "policyType": Property("PolicyType", required=True),
        # its keys have capitals in the registry and the API
        "targetTrackingScalingPolicyConfiguration": Property(required=True, bound=True),
        "arn": Property("PolicyARN", output=True),
    }

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        if inputs["policyType"] != "TargetTrackingScaling":
            return [("policyType", "the sandbox only knows TargetTrackingScaling")]
        # the registry's pattern of the name, \p{Print}+, is none of Python's
        return super().validate({key: v for key, v in inputs.items() if key != "name"})

    def create(self, aws: Aws, inputs: Properties) -> Created:
        self._put(aws, inputs)
        return Created(inputs["name"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        answer = aws.client(SERVICE).describe_scaling_policies(
            ServiceNamespace=state["serviceNamespace"],
            ResourceId=state["resourceId"],
            ScalableDimension=state["scalableDimension"],
        )
        for found in answer["ScalingPolicies"]:
            if found["PolicyName"] == resource_id:
                tracking = found["TargetTrackingScalingPolicyConfiguration"]
                return {
                    **self.bound_values(found),
                    "targetTrackingScalingPolicyConfiguration": _small(tracking),
                }
        return None

    def same(self, name: str, actual: Any, desired: Any) -> bool:
        if name == "targetTrackingScalingPolicyConfiguration":
            return {"disableScaleIn": False, **actual} == {"disableScaleIn": False, **desired}
        return super().same(name, actual, desired)

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        self._put(aws, inputs)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        if self.read(aws, resource_id, state) is None:
            raise NotFound(resource_id)
        aws.client(SERVICE).delete_scaling_policy(PolicyName=resource_id, **_identity(state))

    def _put(self, aws: Aws, inputs: Properties) -> None:
        tracking = _capital(inputs["targetTrackingScalingPolicyConfiguration"])
        aws.client(SERVICE).put_scaling_policy(
            **self.arguments(inputs), TargetTrackingScalingPolicyConfiguration=tracking
        )


def _capital(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[0].upper() + key[1:]: _capital(item) for key, item in value.items()}
    return value


def _small(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[0].lower() + key[1:]: _small(item) for key, item in value.items()}
    return value


RESOURCE_TYPES = (Target(), Policy())
