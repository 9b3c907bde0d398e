"""Dynamic resources of the database: migrations, object ownership and the catalog reconciler.

They manage what the postgresql provider has no resources for. Deleting or replacing a dynamic
resource changes nothing in the database. Their providers are in dynamic.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi import dynamic

from components.postgres.dynamic import (
    CatalogReconcilerProvider,
    MigrationsProvider,
    ObjectOwnershipProvider,
)
from components.postgres.dynamic_properties import CONNECTION, Drift, settings_json
from config.settings.database import DatabaseSettings
from database import migration_files


@dataclass(frozen=True)
class DatabaseLogin:
    """The server, database and login that the dynamic resources connect with."""

    host: pulumi.Input[str]
    port: pulumi.Input[int]
    database: pulumi.Input[str]
    user: str
    password: pulumi.Input[str]

    def inputs(self) -> dict[str, pulumi.Input[Any]]:
        return {key: getattr(self, key) for key in CONNECTION}


class Migrations(dynamic.Resource, module="database", name="Migrations"):
    """The migrations of the repository, applied in order by the role `owner`."""

    applied: pulumi.Output[Mapping[str, str]]
    """Checksums of the migrations that the database has applied, by migration name."""

    def __init__(
        self, name: str, login: DatabaseLogin, owner: str, opts: pulumi.ResourceOptions
    ) -> None:
        super().__init__(
            MigrationsProvider(),
            name,
            {
                **login.inputs(),
                "owner": owner,
                "migrations": dict(migration_files.checksums(migration_files.load())),
                "applied": None,
            },
            _with_secret_outputs(opts, "password"),
        )


class ObjectOwnership(dynamic.Resource, module="database", name="ObjectOwnership"):
    """The ownership of existing objects, as declared in the settings."""

    drift: pulumi.Output[Drift]
    """Differences that only a superuser can repair."""

    def __init__(
        self,
        name: str,
        login: DatabaseLogin,
        settings: DatabaseSettings,
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__(
            ObjectOwnershipProvider(),
            name,
            {**login.inputs(), "settings": settings_json(settings), "drift": None},
            _with_secret_outputs(opts, "password"),
        )
        self.drift.apply(lambda drift: warn_of_drift(self, drift))


class CatalogReconciler(dynamic.Resource, module="database", name="CatalogReconciler"):
    """The roles' passwords, and those properties of roles, privileges, policies and functions that
    the postgresql provider does not manage.

    `passwords` and `verifiers` are by role name. `after` is any value whose change makes the
    reconciler run again.
    """

    drift: pulumi.Output[Drift]
    """Differences that only a superuser or a person can repair."""

    def __init__(
        self,
        name: str,
        login: DatabaseLogin,
        settings: DatabaseSettings,
        passwords: Mapping[str, pulumi.Input[str]],
        verifiers: Mapping[str, pulumi.Input[str]],
        after: pulumi.Input[Any],
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__(
            CatalogReconcilerProvider(),
            name,
            {
                **login.inputs(),
                "settings": settings_json(settings),
                "passwords": pulumi.Output.secret(dict(passwords)),
                "verifiers": pulumi.Output.secret(dict(verifiers)),
                "after": after,
                "drift": None,
            },
            _with_secret_outputs(opts, "password", "passwords", "verifiers"),
        )
        self.drift.apply(lambda drift: warn_of_drift(self, drift))


def _with_secret_outputs(opts: pulumi.ResourceOptions, *names: str) -> pulumi.ResourceOptions:
    """Marks outputs as secret. A dynamic provider returns plain values, so without this they would
    be stored unencrypted."""
    return pulumi.ResourceOptions.merge(
        opts, pulumi.ResourceOptions(additional_secret_outputs=list(names))
    )


def warn_of_drift(resource: pulumi.Resource, drift: Drift) -> None:
    """Logs a warning for each difference that the update could not repair, with the statement that
    repairs it. In a preview the drift is not known yet."""
    for name, differences in (drift or {}).items():
        for path, difference in differences.items():
            pulumi.log.warn(
                f"{name} {path}: expected {difference['expected']}, found {difference['actual']}; "
                f"{difference.get('repaired_by', 'a person')} runs: "
                f"{difference.get('statement', 'set the password')}",
                resource,
            )
