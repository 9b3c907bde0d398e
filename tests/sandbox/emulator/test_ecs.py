"""What AWS refuses of repositories, balancers, clusters and services, and moto would let pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.emulator import client

MANIFEST = '{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}'
WEB = {"name": "web", "image": "public.ecr.aws/nginx/nginx:1"}
FARGATE = {
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
}


def aws(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1")


@pytest.fixture(scope="module")
def network(emulator: client.Emulator) -> dict[str, Any]:
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=f"us-east-1{zone}"
        )["Subnet"]["SubnetId"]
        for index, zone in enumerate("ab")
    ]
    group = ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"]
    return {"vpc": vpc, "subnets": subnets, "group": group}


@pytest.fixture(scope="module")
def targets(network: dict[str, Any]) -> str:
    answer = aws("elbv2").create_target_group(
        Name="alone", Protocol="TCP", Port=1, VpcId=network["vpc"], TargetType="ip"
    )
    return str(answer["TargetGroups"][0]["TargetGroupArn"])


@pytest.fixture
def balancer(network: dict[str, Any]) -> Iterator[str]:
    elb = aws("elbv2")
    made = elb.create_load_balancer(
        Name="without-groups", Type="network", Scheme="internal", Subnets=network["subnets"]
    )
    arn = made["LoadBalancers"][0]["LoadBalancerArn"]
    yield arn
    elb.delete_load_balancer(LoadBalancerArn=arn)


@pytest.fixture(scope="module")
def service(network: dict[str, Any]) -> dict[str, Any]:
    ecs = aws("ecs")
    ecs.create_cluster(clusterName="tasks")
    task = ecs.register_task_definition(family="web", containerDefinitions=[WEB], **FARGATE)
    arn = task["taskDefinition"]["taskDefinitionArn"]
    asked = {
        "cluster": "tasks",
        "serviceName": "web",
        "taskDefinition": arn,
        "desiredCount": 1,
        "launchType": "FARGATE",
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "subnets": network["subnets"],
                "securityGroups": [network["group"]],
            }
        },
    }
    ecs.create_service(**asked)
    return asked


def refused(code: str, call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    assert error.value.response["Error"]["Code"] == code
    return str(error.value)


def test_a_repository_with_an_image_is_not_deleted(emulator: client.Emulator) -> None:
    ecr = aws("ecr")
    ecr.create_repository(repositoryName="images")
    ecr.put_image(repositoryName="images", imageManifest=MANIFEST, imageTag="1")
    refused("RepositoryNotEmptyException", ecr.delete_repository, repositoryName="images")
    ecr.delete_repository(repositoryName="images", force=True)


def test_a_balancer_made_without_a_group_gets_none_later(
    network: dict[str, Any], balancer: str
) -> None:
    refused(
        "InvalidConfigurationRequest",
        aws("elbv2").set_security_groups,
        LoadBalancerArn=balancer,
        SecurityGroups=[network["group"]],
    )


def test_a_balancers_name_is_taken_once_and_its_groups_exist(
    network: dict[str, Any], balancer: str
) -> None:
    make = {"Type": "network", "Subnets": network["subnets"]}
    elb = aws("elbv2")
    refused("DuplicateLoadBalancerName", elb.create_load_balancer, Name="without-groups", **make)
    refused(
        "InvalidSecurityGroup",
        elb.create_load_balancer,
        Name="other",
        SecurityGroups=["sg-0123456789abcdef0"],
        **make,
    )
    refused("ValidationError", elb.create_load_balancer, Name=33 * "n", **make)


def test_a_protected_balancer_is_not_deleted(balancer: str) -> None:
    elb = aws("elbv2")

    def protected(value: str) -> None:
        elb.modify_load_balancer_attributes(
            LoadBalancerArn=balancer,
            Attributes=[{"Key": "deletion_protection.enabled", "Value": value}],
        )

    protected("true")
    refused("OperationNotPermitted", elb.delete_load_balancer, LoadBalancerArn=balancer)
    protected("false")


def test_a_listener_has_a_port_of_its_own_balancers(balancer: str, targets: str) -> None:
    elb = aws("elbv2")
    asked = {
        "LoadBalancerArn": balancer,
        "Port": 6432,
        "Protocol": "TCP",
        "DefaultActions": [{"Type": "forward", "TargetGroupArn": targets}],
    }
    elb.create_listener(**asked)
    refused("DuplicateListener", elb.create_listener, **asked)


def test_what_fargate_could_not_start_is_not_registered(emulator: client.Emulator) -> None:
    register = aws("ecs").register_task_definition
    secret = {**WEB, "secrets": [{"name": "A", "valueFrom": "arn:aws:secretsmanager:::a"}]}
    for container, named in (
        (secret, "executionRoleArn"),
        ({**WEB, "privileged": True}, "privileged"),
        ({**WEB, "stopTimeout": 121}, "stopTimeout"),
        ({**WEB, "mountPoints": [{"sourceVolume": "no", "containerPath": "/a"}]}, "no"),
    ):
        asked = {"family": "no", "containerDefinitions": [container], **FARGATE}
        assert named in refused("ClientException", register, **asked)


def test_a_service_is_made_once_and_keeps_its_cluster(service: dict[str, Any]) -> None:
    ecs = aws("ecs")
    refused("InvalidParameterException", ecs.create_service, **service)
    refused("ClusterContainsServicesException", ecs.delete_cluster, cluster="tasks")
    refused("InvalidParameterException", ecs.delete_service, cluster="tasks", service="web")


def test_what_a_service_uses_is_not_deleted(
    service: dict[str, Any], network: dict[str, Any]
) -> None:
    ec2 = aws("ec2")
    refused("DependencyViolation", ec2.delete_security_group, GroupId=network["group"])
    refused("DependencyViolation", ec2.delete_subnet, SubnetId=network["subnets"][0])


def test_a_task_definition_is_answered_with_what_ecs_fills_in(emulator: client.Emulator) -> None:
    stated = {
        **WEB,
        "portMappings": [{"containerPort": 80}],
        "linuxParameters": {"capabilities": {"drop": ["ALL"]}},
    }
    aws("ecs").register_task_definition(family="filled", containerDefinitions=[stated], **FARGATE)
    answer = aws("ecs").describe_task_definition(taskDefinition="filled")["taskDefinition"]
    assert answer["containerDefinitions"] == [
        {
            **WEB,
            "cpu": 0,
            "essential": True,
            "environment": [],
            "mountPoints": [],
            "portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}],
            "systemControls": [],
            "volumesFrom": [],
            "linuxParameters": {"capabilities": {"add": [], "drop": ["ALL"]}},
        }
    ]


def test_a_service_whose_target_group_has_no_load_balancer_is_refused(
    service: dict[str, Any], targets: str
) -> None:
    balanced = {"targetGroupArn": targets, "containerName": "web", "containerPort": 1}
    told = refused(
        "InvalidParameterException",
        aws("ecs").create_service,
        **{**service, "serviceName": "other", "loadBalancers": [balanced]},
    )
    assert "does not have an associated load balancer" in told


def test_an_image_that_is_not_in_the_repository_fails_the_deployment(
    service: dict[str, Any],
) -> None:
    ecs = aws("ecs")
    missing = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/none@sha256:{64 * '0'}"
    task = ecs.register_task_definition(
        family="gone", containerDefinitions=[{**WEB, "image": missing}], **FARGATE
    )
    arn = task["taskDefinition"]["taskDefinitionArn"]
    ecs.create_service(**{**service, "serviceName": "gone", "taskDefinition": arn})
    (found,) = ecs.describe_services(cluster="tasks", services=["gone"])["services"]
    (deployment,) = found["deployments"]
    assert deployment["rolloutState"] == "FAILED"
    assert "CannotPullContainerError" in deployment["rolloutStateReason"]


def test_autoscaling_wants_a_target_and_a_most_above_the_least(service: dict[str, Any]) -> None:
    scaling = aws("application-autoscaling")
    of_service = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/tasks/web",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    refused(
        "ValidationException",
        scaling.register_scalable_target,
        MinCapacity=3,
        MaxCapacity=2,
        **of_service,
    )
    tracking = {
        "PolicyName": "cpu",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": 60,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "ECSServiceAverageCPUUtilization"
            },
        },
        **of_service,
    }
    refused("ValidationException", scaling.put_scaling_policy, **tracking)
    scaling.register_scalable_target(MinCapacity=1, MaxCapacity=2, **of_service)
    first, again = (scaling.put_scaling_policy(**tracking)["PolicyARN"] for _ in range(2))
    assert first == again
    assert len(aws("cloudwatch").describe_alarms()["MetricAlarms"]) == 2
    scaling.deregister_scalable_target(**of_service)
    left = scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    assert left == []
