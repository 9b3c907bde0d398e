"""What every finder works with: where to look, what was asked for, and how tags are compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import psycopg

Inputs = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """Where to look: the region, and for what lives in a server, its provider's settings."""

    region: str
    provider: Inputs

    def aws(self, service: str) -> Any:
        return boto3.client(service, region_name=self.region)

    def postgres(self) -> psycopg.Connection:
        """A connection as the postgresql provider makes it."""
        settings = self.provider
        return psycopg.connect(
            host=settings["host"],
            port=int(settings["port"]),
            user=settings["username"],
            password=settings["password"],
            dbname=settings.get("database", "postgres"),
            sslmode=settings.get("sslmode", "require"),
            connect_timeout=10,
        )


Finder = Callable[[Place, Inputs], Iterable[str]]


def carries(tags: Iterable[Mapping[str, str]], wanted: Mapping[str, str], key: str = "Key") -> bool:
    """Whether a tag list of AWS's has all the tags that were asked for."""
    value = key.replace("Key", "Value")
    present = {tag[key]: tag[value] for tag in tags}
    return all(present.get(name) == text for name, text in wanted.items())
