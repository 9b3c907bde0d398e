"""The part of the estate that runs tasks: a repository, a balancer, a cluster and a service."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.sandbox.providers.engine_client import Live

LIFECYCLE = json.dumps(
    {
        "rules": [
            {
                "rulePriority": 1,
                "selection": {
                    "tagStatus": "any",
                    "countType": "imageCountMoreThan",
                    "countNumber": 5,
                },
                "action": {"type": "expire"},
            }
        ]
    }
)
CONTAINER = {
    "name": "web",
    "image": "public.ecr.aws/nginx/nginx:1",
    "portMappings": [{"containerPort": 6432}],
    "environment": [{"name": "A", "value": "a"}],
}
ASSUMED = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


def build(make: Callable[..., Live], prefix: str, made: dict[str, Live]) -> None:
    """Adds it to what is made, in the order of creation."""
    subnets = [made[f"subnet-{zone}"].id for zone in "abc"]
    group = made["group"].id
    repository = make(
        "repository",
        "aws:ecr/repository:Repository",
        name=f"{prefix}/images",
        imageTagMutability="IMMUTABLE",
        imageScanningConfiguration={"scanOnPush": True},
    )
    make(
        "lifecycle",
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        repository=repository.id,
        policy=LIFECYCLE,
    )
    balancer = make(
        "balancer",
        "aws:lb/loadBalancer:LoadBalancer",
        name=f"{prefix}-pooler",
        internal=True,
        loadBalancerType="network",
        subnets=subnets,
        securityGroups=[group],
        enableCrossZoneLoadBalancing=True,
    )
    targets = make(
        "targets",
        "aws:lb/targetGroup:TargetGroup",
        name=f"{prefix}-pooler",
        port=6432,
        protocol="TCP",
        targetType="ip",
        vpcId=made["vpc"].id,
        deregistrationDelay=120,
        connectionTermination=True,
        healthCheck={"protocol": "TCP", "interval": 10},
    )
    make(
        "listener",
        "aws:lb/listener:Listener",
        loadBalancerArn=balancer.id,
        port=6432,
        protocol="TCP",
        defaultActions=[{"type": "forward", "targetGroupArn": targets.id}],
    )
    cluster = make(
        "cluster",
        "aws:ecs/cluster:Cluster",
        name=f"{prefix}-tasks",
        settings=[{"name": "containerInsights", "value": "enabled"}],
        configuration={"executeCommandConfiguration": {"logging": "DEFAULT"}},
    )
    task_role = make(
        "task-role", "aws:iam/role:Role", name=f"{prefix}-tasks", assumeRolePolicy=ASSUMED
    )
    task = make(
        "task",
        "aws:ecs/taskDefinition:TaskDefinition",
        family=f"{prefix}-web",
        containerDefinitions=json.dumps([CONTAINER]),
        cpu="256",
        memory="512",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        executionRoleArn=task_role.state["arn"],
        runtimePlatform={"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
        volumes=[{"name": "run"}],
    )
    service = make(
        "service",
        "aws:ecs/service:Service",
        name=f"{prefix}-web",
        cluster=cluster.id,
        taskDefinition=task.state["arn"],
        desiredCount=2,
        launchType="FARGATE",
        platformVersion="1.4.0",
        networkConfiguration={"subnets": subnets, "securityGroups": [group]},
        loadBalancers=[
            {"targetGroupArn": targets.id, "containerName": "web", "containerPort": 6432}
        ],
        deploymentMaximumPercent=150,
        deploymentCircuitBreaker={"enable": True, "rollback": True},
        healthCheckGracePeriodSeconds=30,
        propagateTags="SERVICE",
        enableEcsManagedTags=True,
        waitForSteadyState=True,
    )
    scaled = {
        "serviceNamespace": "ecs",
        "resourceId": f"service/{prefix}-tasks/{service.inputs['name']}",
        "scalableDimension": "ecs:service:DesiredCount",
    }
    make(
        "scaled",
        "aws:appautoscaling/target:Target",
        minCapacity=2,
        maxCapacity=4,
        **scaled,
    )
    make(
        "scaling",
        "aws:appautoscaling/policy:Policy",
        name=f"{prefix}-cpu",
        policyType="TargetTrackingScaling",
        targetTrackingScalingPolicyConfiguration={
            "predefinedMetricSpecification": {
                "predefinedMetricType": "ECSServiceAverageCPUUtilization"
            },
            "targetValue": 60,
        },
        **scaled,
    )
