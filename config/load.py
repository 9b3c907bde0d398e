"""Loads the settings of a stack, from the running Pulumi program or from a stack file.

This is the only reader of Pulumi's configuration. Errors are raised before any resource is
registered; warnings appear in every preview and update.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from config import yaml_files
from config.errors import (
    ConfigurationError,
    Fault,
    deduplicate,
    from_validation,
    unknown_key,
    written_names,
)
from config.merge import Baseline, attributed, merged_into
from config.rules import rule, stack
from config.settings.stack import FoundationSettings, Settings, StackSettings

S = TypeVar("S", bound=StackSettings)

BASELINES: Mapping[type[StackSettings], tuple[Baseline, ...]] = {
    Settings: (
        Baseline("database", "database.yaml"),
        Baseline("postgres.parameters", "postgres_parameters.yaml"),
        Baseline("pgbouncer", "pgbouncer.yaml"),
        Baseline("redis", "redis.yaml"),
        Baseline("alarms.catalog", "alarms.yaml"),
        Baseline("backups", "backups.yaml"),
    )
}
"""Defaults that all environments share, by the section of the settings that can override them."""

PROVIDED = frozenset({"environment", "aws"})
"""Settings taken from the stack's name and the AWS provider's namespace."""
AWS_PROVIDER_KEYS = frozenset(
    """accessKey allowedAccountIds assumeRoles assumeRoleWithWebIdentity customCaBundle defaultTags
    ec2MetadataServiceEndpoint ec2MetadataServiceEndpointMode endpoints forbiddenAccountIds
    httpProxy httpsProxy ignoreTags insecure maxRetries noProxy profile region retryMode
    s3UsEast1RegionalEndpoint s3UsePathStyle secretKey sharedConfigFiles sharedCredentialsFiles
    skipCredentialsValidation skipMetadataApiCheck skipRegionValidation skipRequestingAccountId
    stsRegion tagPolicyCompliance token tokenBucketRateLimiterCapacity useDualstackEndpoint
    useFipsEndpoint userAgents""".split()  # noqa: SIM905 - a table of words
)
"""The configuration keys of the AWS provider."""
STACK_FILE_KEYS = frozenset(
    {"config", "secretsprovider", "encryptedkey", "encryptionsalt", "environment"}
)
"""The top-level keys of a stack file."""


def main() -> Settings:
    """The settings of the main project's running stack."""
    return _from_pulumi(Settings)


def foundation() -> FoundationSettings:
    """The settings of the foundation project's running stack."""
    return _from_pulumi(FoundationSettings)


def read(path: Path, shown: str | None = None) -> Settings | FoundationSettings:
    """The settings of a stack file; the Pulumi.yaml in its folder names the project."""
    file = shown or str(path)
    document = yaml_files.read(path, file)
    environment = path.name.removeprefix("Pulumi.").removesuffix(".yaml")
    project_file = path.with_name("Pulumi.yaml")
    project = yaml_files.read(project_file).get("name")
    models = {model.namespace: model for model in (Settings, FoundationSettings)}
    if project not in models:
        fault = Fault(
            str(project_file),
            "name",
            f"{project} is not a project of this repository",
            f"check files of {' or '.join(models)}",
        )
        raise ConfigurationError([fault])
    config = _config(document, file)
    if project == Settings.namespace:
        return parse(Settings, environment, config, file)
    return parse(FoundationSettings, environment, config, file)


def parse(model: type[S], environment: str, config: Mapping[str, Any], file: str) -> S:
    """Settings from the `config:` section of a stack file; raises all faults together."""
    sections, faults = _sections(model, config, file)
    document: dict[str, Any] = {**sections, "environment": environment}
    baselines = BASELINES.get(model, ())
    for baseline in baselines:
        merged_into(document, baseline)
    try:
        # In JSON mode, lists become tuples while everything else stays strict.
        settings = model.model_validate_json(json.dumps(document, default=str))
    except ValidationError as error:
        faults = deduplicate([*faults, *from_validation(file, model, error)])
        raise ConfigurationError(attributed(faults, model.namespace, sections, baselines)) from None
    faults += rule.check(stack.EVERY_STACK, settings, file)
    if isinstance(settings, Settings):
        faults += rule.check(stack.MAIN, settings, file)
    if isinstance(settings, FoundationSettings):
        faults += rule.check(stack.FOUNDATION, settings, file)
    if faults:
        raise ConfigurationError(attributed(faults, model.namespace, sections, baselines))
    return settings


def warnings(settings: StackSettings, file: str) -> list[Fault]:
    """The warnings of valid settings."""
    if isinstance(settings, Settings):
        return rule.check(stack.MAIN_WARNINGS, settings, file)
    if isinstance(settings, FoundationSettings):
        return rule.check(stack.FOUNDATION_WARNINGS, settings, file)
    return []


def _from_pulumi(model: type[S]) -> S:
    # Imported here, so that `nexusdb config check` needs no Pulumi.
    import pulumi
    from pulumi.runtime.config import CONFIG

    environment = pulumi.get_stack()
    file = model.file.format(environment=environment)
    config = {key: _decoded(value) for key, value in CONFIG.get().items()}
    try:
        settings = parse(model, environment, config, file)
    except ConfigurationError as error:
        # The engine prints a RunError without a traceback.
        raise pulumi.RunError(f"invalid configuration:\n{error}") from None
    for warning in warnings(settings, file):
        pulumi.log.warn(str(warning))
    return settings


def _decoded(value: Any) -> Any:
    """Pulumi passes structures as JSON text and everything else as plain text."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            return value
    return value


def _config(document: Mapping[str, Any], file: str) -> Mapping[str, Any]:
    """The `config:` section of a stack file. Encrypted values and unknown sections are faults."""
    faults = [
        unknown_key(file, key, STACK_FILE_KEYS) for key in document if key not in STACK_FILE_KEYS
    ]
    config = document.get("config") or {}
    if not isinstance(config, Mapping):
        faults.append(Fault(file, "config", "not a mapping", "write `namespace:key: value` lines"))
        config = {}
    faults += [
        Fault(file, key, "encrypted values are not allowed", "leave it out: secrets are generated")
        for key, value in config.items()
        if isinstance(value, Mapping) and "secure" in value
    ]
    if faults:
        raise ConfigurationError(faults)
    return config


def _sections(
    model: type[StackSettings], config: Mapping[str, Any], file: str
) -> tuple[dict[str, Any], list[Fault]]:
    """The configuration by section, without namespaces, and the faults of unknown keys."""
    known = written_names(model).keys() - PROVIDED
    sections: dict[str, Any] = {"aws": {}}
    faults = []
    for key, value in config.items():
        namespace, _, name = str(key).rpartition(":")
        if namespace == "aws" and name in AWS_PROVIDER_KEYS:
            sections["aws"][name] = value
        elif namespace == "aws":
            faults.append(unknown_key(file, str(key), AWS_PROVIDER_KEYS))
        elif namespace in ("", model.namespace) and name in known:
            sections[name] = value
        elif namespace != "pulumi":
            faults.append(unknown_key(file, str(key), known, parent=f"{model.namespace}:"))
    return sections, faults
