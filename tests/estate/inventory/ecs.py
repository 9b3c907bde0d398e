"""What runs tasks in the emulated AWS, by type and provider id."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import ClientError

REGION = "us-east-1"


def _client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)


def _repositories() -> set[str]:
    found = _client("ecr").describe_repositories()["repositories"]
    return {repository["repositoryName"] for repository in found}


def _lifecycles() -> set[str]:
    ecr, found = _client("ecr"), set()
    for name in _repositories():
        try:
            found.add(ecr.get_lifecycle_policy(repositoryName=name)["repositoryName"])
        except ClientError as error:
            if error.response["Error"]["Code"] != "LifecyclePolicyNotFoundException":
                raise
    return found


def _balancers() -> set[str]:
    found = _client("elbv2").describe_load_balancers()["LoadBalancers"]
    return {balancer["LoadBalancerArn"] for balancer in found}


def _listeners() -> set[str]:
    elb = _client("elbv2")
    return {
        listener["ListenerArn"]
        for balancer in _balancers()
        for listener in elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    }


def _clusters() -> set[str]:
    ecs = _client("ecs")
    arns = ecs.list_clusters()["clusterArns"]
    found = ecs.describe_clusters(clusters=arns)["clusters"] if arns else []
    return {cluster["clusterArn"] for cluster in found if cluster["status"] != "INACTIVE"}


def _services() -> set[str]:
    ecs, found = _client("ecs"), set()
    for cluster in _clusters():
        arns = ecs.list_services(cluster=cluster)["serviceArns"]
        described = ecs.describe_services(cluster=cluster, services=arns) if arns else {}
        alive = (each for each in described.get("services", []) if each["status"] != "INACTIVE")
        found |= {service["serviceArn"] for service in alive}
    return found


def _families() -> set[str]:
    """The provider's id of a definition is its family."""
    arns = _client("ecs").list_task_definitions()["taskDefinitionArns"]
    return {arn.rpartition("/")[2].rpartition(":")[0] for arn in arns}


def _scaled() -> set[str]:
    answer = _client("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")
    return {target["ResourceId"] for target in answer["ScalableTargets"]}


def _policies() -> set[str]:
    answer = _client("application-autoscaling").describe_scaling_policies(ServiceNamespace="ecs")
    return {policy["PolicyName"] for policy in answer["ScalingPolicies"]}


INVENTORY: dict[str, Callable[[], set[str]]] = {
    "aws:ecr/repository:Repository": _repositories,
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _lifecycles,
    "aws:lb/loadBalancer:LoadBalancer": _balancers,
    "aws:lb/targetGroup:TargetGroup": lambda: {
        group["TargetGroupArn"]
        for group in _client("elbv2").describe_target_groups()["TargetGroups"]
    },
    "aws:lb/listener:Listener": _listeners,
    "aws:ecs/cluster:Cluster": _clusters,
    "aws:ecs/taskDefinition:TaskDefinition": _families,
    "aws:ecs/service:Service": _services,
    "aws:appautoscaling/target:Target": _scaled,
    "aws:appautoscaling/policy:Policy": _policies,
}
