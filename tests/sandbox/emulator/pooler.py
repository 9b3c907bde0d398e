"""A pooler's service with all that the program would have made around it, by plain boto3."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import Any

import boto3
import psycopg

from components.pgbouncer import config as pgbouncer_ini
from components.pgbouncer.task_definition import container_definitions, secret_at
from config import load
from config.settings.stack import Settings
from database import scram
from ops.sandbox import connection_variables
from sandbox.paths import PROJECT_ROOT, SandboxPaths
from sandbox.servers.certificates import CertificateAuthority

DIGEST = f"sha256:{64 * 'a'}"
APP, READONLY = "nexusflow_app", "nexusflow_readonly"
PASSWORDS = {APP: "app-1", READONLY: "readonly-1", pgbouncer_ini.STATS: "stats-1"}
LISTED = (APP, READONLY, pgbouncer_ini.STATS)


def aws(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1")


@dataclass
class Pooler:
    """What the program would have made around a service, by plain boto3."""

    paths: SandboxPaths
    endpoint: str
    settings: Settings
    verifiers: dict[str, str]
    authority: CertificateAuthority
    secret_arn: str = ""
    definition: str = ""
    port: int = 0
    network: dict[str, Any] = field(default_factory=dict)

    def put_users(self, *users: str) -> str:
        """A new version of the secret; its id."""
        listed = pgbouncer_ini.userlist((user, self.verifiers[user]) for user in users)
        certificate = self.authority.issue()
        document = {
            "userlist": listed,
            "certificate": certificate.certificate.decode(),
            "private_key": certificate.private_key.decode(),
            "password": PASSWORDS[APP],
        }
        answer = aws("secretsmanager").put_secret_value(
            SecretId=self.secret_arn, SecretString=json.dumps(document)
        )
        return str(answer["VersionId"])

    def register(self, version: str, digest: str = DIGEST, **hosts: str) -> str:
        server = connection_variables.server_of(
            "nexusflow-production", connection_variables.servers(self.endpoint)
        )
        assert server is not None
        ports = dict.fromkeys(("primary", "readers"), int(server["port"]))
        named = {"primary": "postgres.trial.internal", "readers": "postgres.trial.internal"}
        ini = pgbouncer_ini.render(self.settings.pgbouncer, "postgres", {**named, **hosts}, ports)
        text = container_definitions(
            image=f"123456789012.dkr.ecr.us-east-1.amazonaws.com/pooler@{digest}",
            ini=ini,
            health_user=APP,
            health_database="postgres",
            secrets={
                name: secret_at(self.secret_arn, key, version)
                for name, key in (
                    ("PGBOUNCER_USERLIST", "userlist"),
                    ("TLS_CERTIFICATE", "certificate"),
                    ("TLS_PRIVATE_KEY", "private_key"),
                    ("PGPASSWORD", "password"),
                )
            },
            log_group="/pooler",
            region="us-east-1",
        )
        answer = aws("ecs").register_task_definition(
            family="pooler",
            containerDefinitions=json.loads(text),
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            executionRoleArn="arn:aws:iam::123456789012:role/starts",
            volumes=[{"name": "run"}],
        )
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def rollout(self) -> tuple[str, str]:
        """State and task definition of the service's deployment."""
        (service,) = aws("ecs").describe_services(cluster="pooler", services=["pooler"])["services"]
        return service["deployments"][0]["rolloutState"], service["taskDefinition"]

    def roll(self, definition: str) -> str:
        aws("ecs").update_service(cluster="pooler", service="pooler", taskDefinition=definition)
        return self.rollout()[0]

    def connect(self, user: str, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(
            host="localhost",
            port=self.port,
            user=user,
            password=PASSWORDS[user],
            dbname=database,
            sslmode="verify-full",
            sslrootcert=str(self.paths.private_ca_certificate),
            autocommit=True,
            cursor_factory=psycopg.ClientCursor,
            connect_timeout=10,
        )


def build(paths: SandboxPaths, endpoint: str) -> Pooler:
    settings = load.read(PROJECT_ROOT / "Pulumi.production.yaml")
    assert isinstance(settings, Settings)
    pools = {"postgres": settings.pgbouncer.pools["nexusflow"]}
    pooled = settings.pgbouncer.model_copy(update={"pools": pools})
    verifiers = {user: scram.verifier(PASSWORDS[user], os.urandom(16)) for user in PASSWORDS}
    authority = CertificateAuthority("the stack's own")
    authority.write(paths.private_ca_certificate)
    made = Pooler(
        paths, endpoint, settings.model_copy(update={"pgbouncer": pooled}), verifiers, authority
    )
    _database(made)
    _around(made)
    return made


def _database(made: Pooler) -> None:
    aws("rds").create_db_instance(
        DBInstanceIdentifier="nexusflow-production",
        Engine="postgres",
        EngineVersion="15",
        DBInstanceClass="db.r6g.large",
        AllocatedStorage=100,
        StorageType="gp3",
        MasterUsername="trial_master",
        MasterUserPassword="master-of-the-trial",
    )
    server = connection_variables.server_of(
        "nexusflow-production", connection_variables.servers(made.endpoint)
    )
    assert server is not None
    with psycopg.connect(str(server["superuser_url"]), autocommit=True) as connection:
        for role in (APP, READONLY):
            connection.execute(
                f"CREATE ROLE {role} LOGIN PASSWORD '{made.verifiers[role]}'".encode()
            )


def _around(made: Pooler) -> None:
    ec2, elb, route53 = aws("ec2"), aws("elbv2"), aws("route53")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=f"us-east-1{zone}"
        )["Subnet"]["SubnetId"]
        for index, zone in enumerate("ab")
    ]
    group = ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"]
    zone = route53.create_hosted_zone(
        Name="trial.internal",
        CallerReference="trial",
        VPC={"VPCRegion": "us-east-1", "VPCId": vpc},
    )["HostedZone"]["Id"]
    record = {
        "Name": "postgres.trial.internal",
        "Type": "CNAME",
        "TTL": 30,
        "ResourceRecords": [{"Value": "127.0.0.1"}],
    }
    route53.change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]},
    )
    balancer = elb.create_load_balancer(
        Name="pooler", Type="network", Scheme="internal", Subnets=subnets, SecurityGroups=[group]
    )["LoadBalancers"][0]
    targets = elb.create_target_group(
        Name="pooler", Protocol="TCP", Port=6432, VpcId=vpc, TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    listener = elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Port=6432,
        Protocol="TCP",
        DefaultActions=[{"Type": "forward", "TargetGroupArn": targets}],
    )["Listeners"][0]["ListenerArn"]
    attributes = elb.describe_listener_attributes(ListenerArn=listener)["Attributes"]
    made.port = int({each["Key"]: each["Value"] for each in attributes}["sandbox.port"])
    ecr = aws("ecr")
    ecr.create_repository(repositoryName="pooler")
    ecr.put_image(
        repositoryName="pooler",
        imageManifest='{"mediaType": "application/vnd.oci.image.manifest.v1+json"}',
        imageTag="1",
        imageDigest=DIGEST,
    )
    made.secret_arn = aws("secretsmanager").create_secret(Name="pooler")["ARN"]
    ecs = aws("ecs")
    ecs.create_cluster(clusterName="pooler")
    made.definition = made.register(made.put_users(*LISTED))
    made.network = {"subnets": subnets, "securityGroups": [group]}
    ecs.create_service(
        cluster="pooler",
        serviceName="pooler",
        taskDefinition=made.definition,
        desiredCount=2,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": made.network},
        loadBalancers=[
            {"targetGroupArn": targets, "containerName": "pgbouncer", "containerPort": 6432}
        ],
        deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}},
    )
