"""Reads settings: from the running Pulumi program, or from a stack file without Pulumi.

The only reader of Pulumi's configuration. Whatever is wrong is raised before any resource exists;
what is only doubtful is a warning of every preview and update.
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
"""Catalogs that all environments share, by the section of the settings that may change them."""

PROVIDED = frozenset({"environment", "aws"})
"""Settings that come from the stack's name and the AWS provider's namespace."""
OF_THE_PROVIDER = frozenset(
    """accessKey allowedAccountIds assumeRoles assumeRoleWithWebIdentity customCaBundle defaultTags
    ec2MetadataServiceEndpoint ec2MetadataServiceEndpointMode endpoints forbiddenAccountIds
    httpProxy httpsProxy ignoreTags insecure maxRetries noProxy profile region retryMode
    s3UsEast1RegionalEndpoint s3UsePathStyle secretKey sharedConfigFiles sharedCredentialsFiles
    skipCredentialsValidation skipMetadataApiCheck skipRegionValidation skipRequestingAccountId
    stsRegion tagPolicyCompliance token tokenBucketRateLimiterCapacity useDualstackEndpoint
    useFipsEndpoint userAgents""".split()  # noqa: SIM905 - a table of words
)
"""What the AWS provider reads from the configuration."""
OF_A_STACK_FILE = frozenset(
    {"config", "secretsprovider", "encryptedkey", "encryptionsalt", "environment"}
)


def main() -> Settings:
    """The settings of the main project's stack that is being run."""
    return _from_pulumi(Settings)


def foundation() -> FoundationSettings:
    """The settings of the foundation's stack that is being run."""
    return _from_pulumi(FoundationSettings)


def read(path: Path, shown: str | None = None) -> Settings | FoundationSettings:
    """A stack file's settings; the Pulumi.yaml beside it says which project it belongs to."""
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
    """Settings from the `config:` section of a stack file, all faults at once."""
    sections, faults = _sections(model, config, file)
    document: dict[str, Any] = {**sections, "environment": environment}
    baselines = BASELINES.get(model, ())
    for baseline in baselines:
        merged_into(document, baseline)
    try:
        # JSON is what configuration is: lists become tuples while everything else stays strict.
        settings = model.model_validate_json(json.dumps(document, default=str))
    except ValidationError as error:
        faults = deduplicate([*faults, *from_validation(file, model, error)])
        raise ConfigurationError(attributed(faults, model, sections, baselines)) from None
    faults += rule.check(stack.EVERY_STACK, settings, file)
    if isinstance(settings, Settings):
        faults += rule.check(stack.MAIN, settings, file)
    if isinstance(settings, FoundationSettings):
        faults += rule.check(stack.FOUNDATION, settings, file)
    if faults:
        raise ConfigurationError(attributed(faults, model, sections, baselines))
    return settings


def warnings(settings: StackSettings, file: str) -> list[Fault]:
    """What is doubtful about settings that are right."""
    if isinstance(settings, Settings):
        return rule.check(stack.MAIN_WARNED, settings, file)
    if isinstance(settings, FoundationSettings):
        return rule.check(stack.FOUNDATION_WARNED, settings, file)
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
        # A RunError is shown as its message alone, without a traceback.
        raise pulumi.RunError(f"the configuration is refused:\n{error}") from None
    for warning in warnings(settings, file):
        pulumi.log.warn(str(warning))
    return settings


def _decoded(value: Any) -> Any:
    """Pulumi hands structures over as JSON texts and everything else as plain text."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            return value
    return value


def _config(document: Mapping[str, Any], file: str) -> Mapping[str, Any]:
    """The `config:` section of a stack file, which holds nothing else of ours and no secret."""
    faults = [
        unknown_key(file, key, OF_A_STACK_FILE) for key in document if key not in OF_A_STACK_FILE
    ]
    config = document.get("config") or {}
    if not isinstance(config, Mapping):
        faults.append(Fault(file, "config", "no mapping", "write `namespace:key: value` lines"))
        config = {}
    faults += [
        Fault(file, key, "an encrypted value", "leave it out: secrets are generated")
        for key, value in config.items()
        if isinstance(value, Mapping) and "secure" in value
    ]
    if faults:
        raise ConfigurationError(faults)
    return config


def _sections(
    model: type[StackSettings], config: Mapping[str, Any], file: str
) -> tuple[dict[str, Any], list[Fault]]:
    """The configuration by section, `namespace:` dropped; keys that nothing reads are faults."""
    known = written_names(model).keys() - PROVIDED
    sections: dict[str, Any] = {"aws": {}}
    faults = []
    for key, value in config.items():
        namespace, _, name = str(key).rpartition(":")
        if namespace == "aws" and name in OF_THE_PROVIDER:
            sections["aws"][name] = value
        elif namespace == "aws":
            faults.append(unknown_key(file, str(key), OF_THE_PROVIDER))
        elif namespace in ("", model.namespace) and name in known:
            sections[name] = value
        elif namespace != "pulumi":
            faults.append(unknown_key(file, str(key), known, parent=f"{model.namespace}:"))
    return sections, faults
