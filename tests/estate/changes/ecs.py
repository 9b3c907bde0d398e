"""Changes by plain boto3 of what runs tasks: repositories, balancers, clusters, services."""

from __future__ import annotations

from typing import Any

from sandbox.providers.wire import Properties
from tests.estate.changes.services import BY_HAND, Change, client


def _ecs_tagged(state: Properties) -> None:
    tags = [{"key": "Project", "value": BY_HAND}]
    client("ecs").tag_resource(resourceArn=state["arn"], tags=tags)


def _elb_tagged(state: Properties) -> None:
    tags = [{"Key": "Project", "Value": BY_HAND}]
    client("elbv2").add_tags(ResourceArns=[state["arn"]], Tags=tags)


def _attributes(kind: str, **to: str) -> Change:
    """An attribute of a load balancer's, a target group's or a listener's."""
    parts = {
        "load_balancer": "LoadBalancerArn",
        "target_group": "TargetGroupArn",
        "listener": "ListenerArn",
    }
    ((key, value),) = to.items()
    return lambda state: getattr(client("elbv2"), f"modify_{kind}_attributes")(
        **{parts[kind]: state["arn"]},
        Attributes=[{"Key": key.replace("__", "."), "Value": value}],
    )


def _new_group(state: Properties) -> str:
    made = client("ec2").create_security_group(
        GroupName=f"by-hand-{state['name']}", Description="by hand", VpcId=state["vpcId"]
    )
    return str(made["GroupId"])


def _terminating_otherwise(state: Properties) -> None:
    client("elbv2").modify_target_group_attributes(
        TargetGroupArn=state["arn"],
        Attributes=[
            {
                "Key": "deregistration_delay.connection_termination.enabled",
                "Value": str(not state["connectionTermination"]).lower(),
            }
        ],
    )


def _listener(**to: Any) -> Change:
    def change(state: Properties) -> None:
        elb = client("elbv2")
        (now,) = elb.describe_listeners(ListenerArns=[state["arn"]])["Listeners"]
        arguments = {key: value(state) if callable(value) else value for key, value in to.items()}
        elb.modify_listener(
            ListenerArn=state["arn"],
            **{"DefaultActions": now["DefaultActions"], **arguments},
        )

    return change


def _other_target(state: Properties) -> list[dict[str, str]]:
    elb = client("elbv2")
    (balancer,) = elb.describe_load_balancers(LoadBalancerArns=[state["loadBalancerArn"]])[
        "LoadBalancers"
    ]
    made = elb.create_target_group(
        Name="by-hand", Protocol="TCP", Port=1, VpcId=balancer["VpcId"], TargetType="ip"
    )
    return [{"Type": "forward", "TargetGroupArn": made["TargetGroups"][0]["TargetGroupArn"]}]


def _service(**to: Any) -> Change:
    def change(state: Properties) -> None:
        arguments = {key: value(state) if callable(value) else value for key, value in to.items()}
        client("ecs").update_service(cluster=state["cluster"], service=state["arn"], **arguments)

    return change


def _next_revision(state: Properties) -> str:
    ecs = client("ecs")
    now = ecs.describe_task_definition(taskDefinition=state["taskDefinition"])["taskDefinition"]
    made = ecs.register_task_definition(
        family=now["family"],
        containerDefinitions=now["containerDefinitions"],
        cpu=now["cpu"],
        memory="1024",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        volumes=now.get("volumes", []),
        **{key: now[key] for key in ("executionRoleArn", "taskRoleArn") if key in now},
    )
    return str(made["taskDefinition"]["taskDefinitionArn"])


def _deployed(**to: Any) -> Change:
    stated = {
        "maximumPercent": 150,
        "minimumHealthyPercent": 100,
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
    }
    return _service(deploymentConfiguration={**stated, **to})


def _fewer_subnets(state: Properties) -> dict[str, Any]:
    stated = state["networkConfiguration"]
    return {
        "awsvpcConfiguration": {
            "subnets": sorted(stated["subnets"])[:-1],
            "securityGroups": stated["securityGroups"],
        }
    }


def _scalable(**to: int) -> Change:
    def change(state: Properties) -> None:
        stated = {"MinCapacity": state["minCapacity"], "MaxCapacity": state["maxCapacity"]}
        client("application-autoscaling").register_scalable_target(
            ServiceNamespace=state["serviceNamespace"],
            ResourceId=state["resourceId"],
            ScalableDimension=state["scalableDimension"],
            **{**stated, **to},
        )

    return change


def _tracking(state: Properties) -> None:
    client("application-autoscaling").put_scaling_policy(
        PolicyName=state["name"],
        PolicyType="TargetTrackingScaling",
        ServiceNamespace=state["serviceNamespace"],
        ResourceId=state["resourceId"],
        ScalableDimension=state["scalableDimension"],
        TargetTrackingScalingPolicyConfiguration={
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "ECSServiceAverageCPUUtilization"
            },
            "TargetValue": 90,
        },
    )


BY_TOKEN: dict[str, dict[str, Change]] = {
    "aws:ecr/repository:Repository": {
        "imageTagMutability": lambda state: client("ecr").put_image_tag_mutability(
            repositoryName=state["name"], imageTagMutability="MUTABLE"
        ),
        "imageScanningConfiguration": lambda state: client("ecr").put_image_scanning_configuration(
            repositoryName=state["name"], imageScanningConfiguration={"scanOnPush": False}
        ),
        "tags": lambda state: client("ecr").tag_resource(
            resourceArn=state["arn"], tags=[{"Key": "Project", "Value": BY_HAND}]
        ),
    },
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": {},
    "aws:lb/loadBalancer:LoadBalancer": {
        "subnets": lambda state: client("elbv2").set_subnets(
            LoadBalancerArn=state["arn"], Subnets=sorted(state["subnets"])[:-1]
        ),
        "securityGroups": lambda state: client("elbv2").set_security_groups(
            LoadBalancerArn=state["arn"], SecurityGroups=[_new_group(state)]
        ),
        "enableCrossZoneLoadBalancing": _attributes(
            "load_balancer", load_balancing__cross_zone__enabled="false"
        ),
        "enableDeletionProtection": _attributes(
            "load_balancer", deletion_protection__enabled="true"
        ),
        "tags": _elb_tagged,
    },
    "aws:lb/targetGroup:TargetGroup": {
        "deregistrationDelay": _attributes(
            "target_group", deregistration_delay__timeout_seconds="7"
        ),
        "connectionTermination": _terminating_otherwise,
        "healthCheck": lambda state: client("elbv2").modify_target_group(
            TargetGroupArn=state["arn"], HealthCheckIntervalSeconds=30
        ),
        "tags": _elb_tagged,
    },
    "aws:lb/listener:Listener": {
        "port": _listener(Port=6433),
        "protocol": _listener(Protocol="HTTP"),
        "defaultActions": _listener(DefaultActions=_other_target),
        "tcpIdleTimeoutSeconds": _attributes("listener", tcp__idle_timeout__seconds="600"),
        "tags": _elb_tagged,
    },
    "aws:ecs/cluster:Cluster": {
        "settings": lambda state: client("ecs").update_cluster(
            cluster=state["arn"], settings=[{"name": "containerInsights", "value": "disabled"}]
        ),
        "configuration": lambda state: client("ecs").update_cluster(
            cluster=state["arn"],
            configuration={"executeCommandConfiguration": {"logging": "NONE"}},
        ),
        "tags": _ecs_tagged,
    },
    "aws:ecs/taskDefinition:TaskDefinition": {"tags": _ecs_tagged},
    "aws:ecs/service:Service": {
        "taskDefinition": _service(taskDefinition=_next_revision),
        "desiredCount": _service(desiredCount=3),
        "platformVersion": _service(platformVersion="1.3.0"),
        "networkConfiguration": _service(networkConfiguration=_fewer_subnets),
        "loadBalancers": _service(loadBalancers=[]),
        "deploymentMaximumPercent": _deployed(maximumPercent=200),
        "deploymentMinimumHealthyPercent": _deployed(minimumHealthyPercent=50),
        "deploymentCircuitBreaker": _deployed(
            deploymentCircuitBreaker={"enable": True, "rollback": False}
        ),
        "healthCheckGracePeriodSeconds": _service(healthCheckGracePeriodSeconds=90),
        "enableExecuteCommand": _service(enableExecuteCommand=True),
        "enableEcsManagedTags": _service(enableECSManagedTags=False),
        "propagateTags": _service(propagateTags="TASK_DEFINITION"),
        "tags": _ecs_tagged,
    },
    "aws:appautoscaling/target:Target": {
        "minCapacity": _scalable(MinCapacity=1),
        "maxCapacity": _scalable(MaxCapacity=9),
    },
    "aws:appautoscaling/policy:Policy": {"targetTrackingScalingPolicyConfiguration": _tracking},
}
