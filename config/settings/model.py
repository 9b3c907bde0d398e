"""What all settings are made of: the frozen base model and the field types that several share.

A field's description completes the sentence "give …": errors show it to the person who mistyped.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

REGION = r"^[a-z]{2}(-[a-z]+)+-\d$"
ACCOUNT = r"^\d{12}$"
IDENTIFIER = r"[a-z][a-z0-9_]{0,62}"
"""An SQL name that needs no quotes; PostgreSQL cuts longer ones off without a word."""

CredentialVersion = Annotated[
    int, Field(ge=1, description="a whole number from 1; raising it makes a new password")
]
VpcId = Annotated[str, Field(pattern=r"^vpc-[0-9a-f]{1,17}$", description="the id of a VPC: vpc-…")]
SubnetId = Annotated[
    str, Field(pattern=r"^subnet-[0-9a-f]{1,17}$", description="the id of a subnet: subnet-…")
]
SecurityGroupId = Annotated[
    str, Field(pattern=r"^sg-[0-9a-f]{1,17}$", description="the id of a security group: sg-…")
]
LogRetention = Annotated[
    int, Field(ge=1, description="days as CloudWatch Logs knows them, such as 30, 90 or 365")
]


class Model(BaseModel):
    """Nothing unknown, nothing converted, nothing changed after loading."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


class DeletionProtection(Model):
    """A protection; switching it off takes a written reason."""

    enabled: bool = Field(description="true or false")
    reason: str = Field("", description="one sentence saying why it is off")
