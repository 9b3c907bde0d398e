"""Field types that several settings share.

A field's description completes the sentence "give …" in the message for a missing or wrong value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Protocol, TypeVar

from pydantic import (
    AfterValidator,
    Field,
    GetPydanticSchema,
    ValidationInfo,
    field_validator,
)
from pydantic_core import core_schema

from config.errors import refusal
from config.model import Model
from config.sizing import retention
from config.sizing.windows import DailyWindow, TimeOfDay, WeeklyWindow

REGION = r"^[a-z]{2}(-[a-z]+)+-\d$"
ACCOUNT = r"^\d{12}$"
IDENTIFIER = r"[a-z][a-z0-9_]{0,62}"
"""An SQL name that needs no quotes. PostgreSQL silently truncates longer ones."""
_TIME = r"([01]\d|2[0-3]):[0-5]\d"
_DAY = r"(mon|tue|wed|thu|fri|sat|sun)"

CredentialVersion = Annotated[
    int, Field(ge=1, description="a whole number from 1; raising it generates a new password")
]
VpcId = Annotated[str, Field(pattern=r"^vpc-[0-9a-f]{1,17}$", description="the id of a VPC: vpc-…")]
SubnetId = Annotated[
    str, Field(pattern=r"^subnet-[0-9a-f]{1,17}$", description="the id of a subnet: subnet-…")
]
SecurityGroupId = Annotated[
    str, Field(pattern=r"^sg-[0-9a-f]{1,17}$", description="the id of a security group: sg-…")
]


def _log_retention(days: int) -> int:
    if near := retention.nearest_log_days(days):
        raise refusal(
            f"CloudWatch Logs has no retention of {days} days",
            f"write {' or '.join(map(str, near))}",
        )
    return days


LogRetention = Annotated[
    int,
    Field(ge=1, description="a retention of CloudWatch Logs in days, such as 30, 90 or 365"),
    AfterValidator(_log_retention),
]


class Parsed(Protocol):
    """A value object that is written as text in YAML; `str()` gives that text back."""

    @classmethod
    def parse(cls, text: str) -> Any: ...


P = TypeVar("P", DailyWindow, WeeklyWindow)


def _parsed(kind: type[Parsed], pattern: str) -> GetPydanticSchema:
    """A field that is text of this pattern in YAML and a value object after loading."""
    from_text = core_schema.no_info_after_validator_function(
        kind.parse, core_schema.str_schema(pattern=f"^{pattern}$", strict=True)
    )
    schema = core_schema.json_or_python_schema(
        json_schema=from_text,
        python_schema=core_schema.union_schema([core_schema.is_instance_schema(kind), from_text]),
        serialization=core_schema.to_string_ser_schema(),
    )
    return GetPydanticSchema(lambda _source, _handler: schema)


def at_least(minutes: int, example: str) -> AfterValidator:
    """Refuses a window that is shorter than the service allows."""

    def validate(window: P) -> P:
        if window.length < minutes:
            raise refusal(
                f"{window} is shorter than {minutes} minutes",
                f'write {minutes} minutes or more, such as "{example}"',
            )
        return window

    validator: Callable[[Any], Any] = validate
    return AfterValidator(validator)


Clock = Annotated[
    TimeOfDay,
    _parsed(TimeOfDay, _TIME),
    Field(description='a quoted time of day in UTC, such as "06:00"'),
]
Daily = Annotated[DailyWindow, _parsed(DailyWindow, f"{_TIME}-{_TIME}")]
Weekly = Annotated[WeeklyWindow, _parsed(WeeklyWindow, f"{_DAY}:{_TIME}-{_DAY}:{_TIME}")]


class DeletionProtection(Model):
    """Deletion protection of a resource that holds data; turning it off needs a written reason."""

    enabled: bool = Field(description="true or false")
    reason: str = Field(
        "", validate_default=True, description="one sentence that says why it is off"
    )

    @field_validator("reason")
    @classmethod
    def _off_needs_a_reason(cls, reason: str, info: ValidationInfo) -> str:
        if info.data.get("enabled") is False and not reason.strip():
            raise refusal(
                "deletion protection is off without a reason",
                "say in one sentence why, or write enabled: true",
            )
        return reason
