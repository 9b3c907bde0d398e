"""A small estate with one resource of every type of the aws provider, made over the protocol."""

from __future__ import annotations

from typing import Any

from sandbox.providers.wire import Properties
from tests.estate.resources import access, backups, cloudwatch, ecs, elasticache, hosts, s3
from tests.estate.resources.policies import ASSUMED, DELIVERS, POLICY, topic_policy
from tests.sandbox.providers.engine_client import Engine, Live


def build(engine: Engine, prefix: str) -> dict[str, Live]:
    """Creates the estate and returns it by a short name, in the order of creation."""
    made: dict[str, Live] = {}

    def make(name: str, token: str, /, **inputs: Any) -> Live:
        made[name] = engine.create(token, inputs, name)
        return made[name]

    vpc = make("vpc", "aws:ec2/vpc:Vpc", cidrBlock="10.0.0.0/16", enableDnsHostnames=True)
    subnets = [
        make(
            f"subnet-{zone}",
            "aws:ec2/subnet:Subnet",
            vpcId=vpc.id,
            cidrBlock=f"10.0.{index}.0/24",
            availabilityZone=f"us-east-1{zone}",
        )
        for index, zone in enumerate("abc")
    ]
    # of a network where nothing depends on it: it can be detached
    apart = make("apart", "aws:ec2/vpc:Vpc", cidrBlock="10.1.0.0/16")
    make("gateway-apart", "aws:ec2/internetGateway:InternetGateway", vpcId=apart.id)
    make("gateway", "aws:ec2/internetGateway:InternetGateway", vpcId=vpc.id)
    address = make("address", "aws:ec2/eip:Eip", domain="vpc")
    nat = make(
        "nat", "aws:ec2/natGateway:NatGateway", subnetId=subnets[0].id, allocationId=address.id
    )
    table = make("table", "aws:ec2/routeTable:RouteTable", vpcId=vpc.id)
    make(
        "route",
        "aws:ec2/route:Route",
        routeTableId=table.id,
        destinationCidrBlock="0.0.0.0/0",
        natGatewayId=nat.id,
    )
    make(
        "association",
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        routeTableId=table.id,
        subnetId=subnets[0].id,
    )
    peer = engine.create("aws:ec2/vpc:Vpc", {"cidrBlock": "10.9.0.0/16"}, "peer")
    made["peer-vpc"] = peer
    peering = make(
        "peering",
        "aws:ec2/vpcPeeringConnection:VpcPeeringConnection",
        vpcId=vpc.id,
        peerVpcId=peer.id,
        autoAccept=True,
    )
    make(
        "peering-route",
        "aws:ec2/route:Route",
        routeTableId=table.id,
        destinationCidrBlock="10.9.0.0/16",
        vpcPeeringConnectionId=peering.id,
    )
    make("default-group", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", vpcId=vpc.id)
    group, other = (
        make(
            name,
            "aws:ec2/securityGroup:SecurityGroup",
            name=f"{prefix}-{name}",
            description="what may reach it",
            vpcId=vpc.id,
        )
        for name in ("group", "clients")
    )
    rule: Properties = {"ipProtocol": "tcp", "fromPort": 5432, "toPort": 5432}
    ingress = make(
        "ingress",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        securityGroupId=group.id,
        cidrIpv4="10.0.0.0/16",
        description="the VPC",
        **rule,
    )
    clients = make(
        "ingress-clients",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        securityGroupId=group.id,
        referencedSecurityGroupId=other.id,
        description="clients",
        **rule,
    )
    egress = make(
        "egress",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        securityGroupId=group.id,
        cidrIpv4="10.0.0.0/16",
        description="answers",
        **rule,
    )
    to_clients = make(
        "egress-clients",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        securityGroupId=group.id,
        referencedSecurityGroupId=other.id,
        description="answers to clients",
        **rule,
    )
    make(
        "exclusive",
        "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive",
        securityGroupId=group.id,
        ingressRuleIds=[clients.id, ingress.id],
        egressRuleIds=[to_clients.id, egress.id],
    )
    make(
        "gateway-endpoint",
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        vpcId=vpc.id,
        serviceName="com.amazonaws.us-east-1.s3",
        vpcEndpointType="Gateway",
        routeTableIds=[table.id],
    )
    make(
        "interface-endpoint",
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        vpcId=vpc.id,
        serviceName="com.amazonaws.us-east-1.kms",
        vpcEndpointType="Interface",
        subnetIds=[subnet.id for subnet in subnets],
        securityGroupIds=[group.id],
        privateDnsEnabled=True,
        policy=POLICY,
    )
    key = make("key", "aws:kms/key:Key", description="data", enableKeyRotation=True, policy=POLICY)
    make("alias", "aws:kms/alias:Alias", name=f"alias/{prefix}", targetKeyId=key.id)
    secret = make(
        "secret",
        "aws:secretsmanager/secret:Secret",
        name=f"{prefix}/login",
        description="a login",
        kmsKeyId=key.state["arn"],
    )
    make(
        "version",
        "aws:secretsmanager/secretVersion:SecretVersion",
        secretId=secret.id,
        secretString="a value that nobody may see",
        versionStages=["AWSCURRENT"],
    )
    log_group = make(
        "log-group",
        "aws:cloudwatch/logGroup:LogGroup",
        name=f"/aws/{prefix}/flow-logs",
        retentionInDays=30,
        kmsKeyId=key.state["arn"],
    )
    role = make(
        "role",
        "aws:iam/role:Role",
        name=f"{prefix}-flow-logs",
        assumeRolePolicy=ASSUMED,
        description="delivers flow logs",
    )
    make(
        "role-policy",
        "aws:iam/rolePolicy:RolePolicy",
        name="deliver",
        role=role.id,
        policy=DELIVERS,
    )
    make(
        "attachment",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        role=role.id,
        policyArn="arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
    )
    make(
        "flow-log",
        "aws:ec2/flowLog:FlowLog",
        vpcId=vpc.id,
        trafficType="ALL",
        logDestination=log_group.state["arn"],
        iamRoleArn=role.state["arn"],
        maxAggregationInterval=60,
    )
    topic = make(
        "topic",
        "aws:sns/topic:Topic",
        name=f"{prefix}-events",
        displayName="events",
        kmsMasterKeyId=key.state["arn"],
    )
    make(
        "topic-policy",
        "aws:sns/topicPolicy:TopicPolicy",
        arn=topic.id,
        policy=topic_policy(topic.id),
    )
    cloudwatch.build(make, prefix, topic)
    zone = make(
        "zone",
        "aws:route53/zone:Zone",
        name=f"{prefix}.internal",
        comment="private names",
        vpcs=[{"vpcId": vpc.id}],
    )
    make(
        "record",
        "aws:route53/record:Record",
        zoneId=zone.id,
        name=f"postgres.{prefix}.internal",
        type="CNAME",
        ttl=5,
        records=["primary.example.com"],
    )
    for replica in ("one", "two"):
        make(
            f"reader-{replica}",
            "aws:route53/record:Record",
            zoneId=zone.id,
            name=f"readers.{prefix}.internal",
            type="CNAME",
            ttl=5,
            records=[f"{replica}.example.com"],
            setIdentifier=replica,
            weightedRoutingPolicies=[{"weight": 1}],
        )
    subnet_group = make(
        "subnet-group",
        "aws:rds/subnetGroup:SubnetGroup",
        name=f"{prefix}-subnets",
        subnetIds=[subnet.id for subnet in reversed(subnets)],
    )
    parameters = make(
        "parameter-group",
        "aws:rds/parameterGroup:ParameterGroup",
        name=f"{prefix}-postgres15",
        family="postgres15",
        parameters=[
            {"name": "max_connections", "value": "200", "applyMethod": "pending-reboot"},
            {"name": "work_mem", "value": "65536", "applyMethod": "immediate"},
        ],
    )
    make(
        "instance",
        "aws:rds/instance:Instance",
        identifier=prefix,
        engine="postgres",
        engineVersion="15",
        instanceClass="db.r6g.xlarge",
        allocatedStorage=500,
        maxAllocatedStorage=1000,
        storageType="gp3",
        iops=12000,
        storageThroughput=500,
        storageEncrypted=True,
        kmsKeyId=key.state["arn"],
        multiAz=True,
        username="estate_master",
        password="correct-horse-battery-staple",
        port=5432,
        dbSubnetGroupName=subnet_group.id,
        vpcSecurityGroupIds=[group.id],
        parameterGroupName=parameters.id,
        backupRetentionPeriod=7,
        backupWindow="03:00-04:00",
        maintenanceWindow="sun:05:00-sun:06:00",
        copyTagsToSnapshot=True,
        iamDatabaseAuthenticationEnabled=True,
        caCertIdentifier="rds-ca-rsa2048-g1",
        enabledCloudwatchLogsExports=["postgresql"],
        monitoringInterval=60,
        monitoringRoleArn="arn:aws:iam::123456789012:role/monitoring",
        applyImmediately=True,
        finalSnapshotIdentifier=f"{prefix}-final",
    )
    make(
        "events",
        "aws:rds/eventSubscription:EventSubscription",
        name=f"{prefix}-instances",
        snsTopic=topic.id,
        sourceType="db-instance",
        sourceIds=[prefix],
        eventCategories=["failover", "maintenance"],
    )
    ecs.build(make, prefix, made)
    access.build(make, prefix, made)
    elasticache.build(make, prefix, subnets, group, key, log_group)
    s3.build(make, prefix, key.state["arn"])
    hosts.build(make, prefix, key.state["arn"], subnets[1], other, role)
    backups.build(make, prefix, key, topic, made["instance"])
    return made
