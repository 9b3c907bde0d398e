"""Other valid values of the estate's properties, where no rule makes one from the old value.

A mapping under a property is the whole change: what else has to change with it, or to go (None).
"""

from __future__ import annotations

import json
from typing import Any

OTHERS: dict[str, dict[str, Any]] = {
    "aws:appautoscaling/policy:Policy": {
        "serviceNamespace": "ec2",
        "scalableDimension": "ec2:spot-fleet-request:TargetCapacity",
    },
    "aws:appautoscaling/target:Target": {
        "serviceNamespace": "ec2",
        "scalableDimension": "ec2:spot-fleet-request:TargetCapacity",
    },
    "aws:backup/selection:Selection": {
        "resources": ["arn:aws:rds:*:*:db:*"],
        "conditions": [{"stringEquals": [{"key": "aws:ResourceTag/Tier", "value": "data"}]}],
    },
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration": {"changeableForDays": 3},
    "aws:backup/vaultNotifications:VaultNotifications": {
        "backupVaultEvents": ["RESTORE_JOB_STARTED"]
    },
    "aws:cloudwatch/logGroup:LogGroup": {"logGroupClass": "INFREQUENT_ACCESS"},
    "aws:ebs/volume:Volume": {
        "availabilityZone": "us-east-1f",
        "snapshotId": "snap-0123456789abcdef0",
    },
    "aws:ec2/eip:Eip": {"domain": "standard"},
    "aws:ec2/flowLog:FlowLog": {
        "subnetId": {"subnetId": "subnet-0a", "vpcId": None},
        "eniId": {"eniId": "eni-0a", "vpcId": None},
        "trafficType": "REJECT",
        "logDestinationType": "s3",
        "logFormat": "${version} ${vpc-id}",
        "maxAggregationInterval": 600,
    },
    "aws:ec2/instance:Instance": {"privateIp": "10.0.1.77"},
    "aws:ec2/natGateway:NatGateway": {
        "connectivityType": {"connectivityType": "private", "allocationId": None}
    },
    "aws:ec2/route:Route": {"destinationCidrBlock": "10.8.0.0/16"},
    "aws:ec2/subnet:Subnet": {"cidrBlock": "10.0.77.0/24", "availabilityZone": "us-east-1f"},
    "aws:ec2/vpc:Vpc": {"cidrBlock": "10.8.0.0/16"},
    "aws:ec2/vpcEndpoint:VpcEndpoint": {
        "serviceName": "com.amazonaws.us-east-1.dynamodb",
        "vpcEndpointType": {"vpcEndpointType": "Interface", "routeTableIds": None},
    },
    "aws:ec2/vpcPeeringConnection:VpcPeeringConnection": {
        "peerOwnerId": {"peerOwnerId": "210987654321", "autoAccept": None},
        "peerRegion": {"peerRegion": "us-west-2", "autoAccept": None},
    },
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": {"policy": json.dumps({"rules": []})},
    "aws:ecr/repository:Repository": {"encryptionConfigurations": [{"encryptionType": "KMS"}]},
    "aws:ecs/service:Service": {"launchType": "EC2", "schedulingStrategy": "DAEMON"},
    "aws:ecs/taskDefinition:TaskDefinition": {
        "containerDefinitions": json.dumps([{"name": "other", "image": "public.ecr.aws/other"}]),
        "cpu": {"cpu": "512", "memory": "1024"},
        "memory": "1024",
        "networkMode": "bridge",
        "requiresCompatibilities": ["EC2"],
        "taskRoleArn": "arn:aws:iam::123456789012:role/other",
        "runtimePlatform": {
            "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"}
        },
        "volumes": [{"name": "tmp"}],
    },
    "aws:elasticache/parameterGroup:ParameterGroup": {"family": "redis6.x"},
    "aws:kms/key:Key": {"customerMasterKeySpec": "RSA_2048", "keyUsage": "SIGN_VERIFY"},
    "aws:lb/targetGroup:TargetGroup": {"protocol": "UDP", "targetType": "instance"},
    "aws:rds/instance:Instance": {
        "availabilityZone": "us-east-1f",
        "dbName": "other",
        "engine": {"engine": "mysql", "engineVersion": "8.0.40"},
        "storageEncrypted": {"storageEncrypted": False, "kmsKeyId": None},
    },
    "aws:rds/parameterGroup:ParameterGroup": {"family": "postgres16"},
    "aws:sns/topicSubscription:TopicSubscription": {"protocol": "email-json"},
}
