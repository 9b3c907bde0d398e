"""The replication of an instance's automated backups into another region."""

from __future__ import annotations

from sandbox.providers.aws.resource import PROVIDER, AwsResourceType
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, NotFound, Property
from sandbox.providers.wire import Properties

STOPPED = "retained"


class InstanceAutomatedBackupsReplication(AwsResourceType):
    """It lives in the region that the backups go to. What it has replicated outlives it."""

    token = "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication"
    service = "rds"
    absent = frozenset(
        {"DBInstanceAutomatedBackupNotFound", "DBInstanceNotFound", "DBInstanceNotFoundFault"}
    )
    properties = {
        "sourceDbInstanceArn": Property(
            "SourceDBInstanceArn", required=True, bound=True, replaces=PROVIDER
        ),
        "kmsKeyId": Property("KmsKeyId", computed=True, bound=True, replaces=PROVIDER),
        "retentionPeriod": Property(
            "BackupRetentionPeriod", default=7, bound=True, replaces=PROVIDER
        ),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        answer = aws.client("rds").start_db_instance_automated_backups_replication(
            **self.arguments(inputs)
        )
        return Created(answer["DBInstanceAutomatedBackup"]["DBInstanceAutomatedBackupsArn"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        answer = aws.client("rds").describe_db_instance_automated_backups(
            DBInstanceAutomatedBackupsArn=resource_id
        )
        for found in answer["DBInstanceAutomatedBackups"]:
            if found["Status"].lower() != STOPPED:
                return {
                    **self.bound_values(found),
                    "sourceDbInstanceArn": found["DBInstanceArn"],
                }
        return None

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        if self.read(aws, resource_id, state) is None:
            raise NotFound(resource_id)
        with self.existing():
            aws.client("rds").stop_db_instance_automated_backups_replication(
                SourceDBInstanceArn=state["sourceDbInstanceArn"]
            )


RESOURCE_TYPES = (InstanceAutomatedBackupsReplication(),)
