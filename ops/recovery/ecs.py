"""Finds what runs tasks: repositories, load balancers, clusters, services, scaling policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ops.recovery.request import Finder, Inputs, Place, carries

AUTOSCALING = "application-autoscaling"


def repository(place: Place, inputs: Inputs) -> Iterator[str]:
    answer = place.aws("ecr").describe_repositories(repositoryNames=[inputs["name"]])
    for item in answer["repositories"]:
        yield item["repositoryName"]


def lifecycle_policy(place: Place, inputs: Inputs) -> Iterator[str]:
    answer = place.aws("ecr").get_lifecycle_policy(repositoryName=inputs["repository"])
    yield answer["repositoryName"]


def load_balancer(place: Place, inputs: Inputs) -> Iterator[str]:
    answer = place.aws("elbv2").describe_load_balancers(Names=[inputs["name"]])
    for item in answer["LoadBalancers"]:
        yield item["LoadBalancerArn"]


def target_group(place: Place, inputs: Inputs) -> Iterator[str]:
    answer = place.aws("elbv2").describe_target_groups(Names=[inputs["name"]])
    for item in answer["TargetGroups"]:
        yield item["TargetGroupArn"]


def listener(place: Place, inputs: Inputs) -> Iterator[str]:
    """A load balancer has one listener a port."""
    arn = inputs["loadBalancerArn"]
    for item in place.aws("elbv2").describe_listeners(LoadBalancerArn=arn)["Listeners"]:
        if item["Port"] == inputs["port"]:
            yield item["ListenerArn"]


def cluster(place: Place, inputs: Inputs) -> Iterator[str]:
    for item in place.aws("ecs").describe_clusters(clusters=[inputs["name"]])["clusters"]:
        if item["status"] != "INACTIVE":
            yield item["clusterArn"]


def task_definition(place: Place, inputs: Inputs) -> Iterator[str]:
    """The provider's id of a definition is its family; a revision is told by its tags."""
    ecs = place.aws("ecs")
    pages = ecs.get_paginator("list_task_definitions")
    for page in pages.paginate(familyPrefix=inputs["family"], status="ACTIVE"):
        for arn in page["taskDefinitionArns"]:
            answer = ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
            tags = [{"Key": tag["key"], "Value": tag["value"]} for tag in answer.get("tags") or ()]
            same = answer["taskDefinition"]["family"] == inputs["family"]
            if same and carries(tags, inputs.get("tags") or {}):
                yield inputs["family"]


def service(place: Place, inputs: Inputs) -> Iterator[str]:
    answer = place.aws("ecs").describe_services(
        cluster=inputs["cluster"], services=[inputs["name"]]
    )
    for item in answer["services"]:
        if item["status"] != "INACTIVE":
            yield item["serviceArn"]


def scalable_target(place: Place, inputs: Inputs) -> Iterator[str]:
    answer = place.aws(AUTOSCALING).describe_scalable_targets(
        ServiceNamespace=inputs["serviceNamespace"],
        ResourceIds=[inputs["resourceId"]],
        ScalableDimension=inputs["scalableDimension"],
    )
    for item in answer["ScalableTargets"]:
        yield item["ResourceId"]


def scaling_policy(place: Place, inputs: Inputs) -> Iterator[str]:
    answer = place.aws(AUTOSCALING).describe_scaling_policies(
        ServiceNamespace=inputs["serviceNamespace"],
        ResourceId=inputs["resourceId"],
        ScalableDimension=inputs["scalableDimension"],
    )
    for item in answer["ScalingPolicies"]:
        if item["PolicyName"] == inputs["name"]:
            yield item["PolicyName"]


FINDERS: Mapping[str, Finder] = {
    "aws:ecr/repository:Repository": repository,
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": lifecycle_policy,
    "aws:lb/loadBalancer:LoadBalancer": load_balancer,
    "aws:lb/targetGroup:TargetGroup": target_group,
    "aws:lb/listener:Listener": listener,
    "aws:ecs/cluster:Cluster": cluster,
    "aws:ecs/taskDefinition:TaskDefinition": task_definition,
    "aws:ecs/service:Service": service,
    "aws:appautoscaling/target:Target": scalable_target,
    "aws:appautoscaling/policy:Policy": scaling_policy,
}
