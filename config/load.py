"""Reads settings: from the running Pulumi program, or from a stack file without Pulumi.

The only reader of Pulumi's configuration. Whatever is wrong is raised before any resource exists.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from config import rules
from config.faults import ConfigurationError, Fault, from_validation, unknown_key, written_names
from config.settings import FoundationSettings, Settings, StackSettings

S = TypeVar("S", bound=StackSettings)

CATALOGUES = Path(__file__).resolve().parent
BASELINES: Mapping[type[StackSettings], Mapping[str, str]] = {
    Settings: {
        "access": "access.yaml",
        "postgres.parameters": "postgres_parameters.yaml",
    }
}
"""Catalogues that all environments share, by the section of the settings that may change them."""

PROVIDED = frozenset({"environment", "aws"})
"""Settings that come from the stack's name and the AWS provider's namespace."""


def main() -> Settings:
    """The settings of the main project's stack that is being run."""
    return _from_pulumi(Settings)


def foundation() -> FoundationSettings:
    """The settings of the foundation's stack that is being run."""
    return _from_pulumi(FoundationSettings)


def read(path: Path) -> Settings | FoundationSettings:
    """A stack file's settings; the Pulumi.yaml beside it says which project it belongs to."""
    document = _yaml(path)
    environment = path.name.removeprefix("Pulumi.").removesuffix(".yaml")
    project = _yaml(path.with_name("Pulumi.yaml")).get("name")
    models = {model.namespace: model for model in (Settings, FoundationSettings)}
    if project not in models:
        fault = Fault(
            str(path.with_name("Pulumi.yaml")),
            "name",
            f"{project} is not a project of this repository",
            f"check files of {' or '.join(models)}",
        )
        raise ConfigurationError([fault])
    config = document.get("config") or {}
    if project == Settings.namespace:
        return parse(Settings, environment, config, str(path))
    return parse(FoundationSettings, environment, config, str(path))


def parse(model: type[S], environment: str, config: Mapping[str, Any], file: str) -> S:
    """Settings from the `config:` section of a stack file, all faults at once."""
    sections, faults = _sections(model, config, file)
    document = {**sections, "environment": environment}
    for section, catalogue in BASELINES.get(model, {}).items():
        _merge_baseline(document, section.split("."), _yaml(CATALOGUES / catalogue))
    try:
        # JSON is what configuration is: lists become tuples while everything else stays strict.
        settings = model.model_validate_json(json.dumps(document))
    except ValidationError as error:
        raise ConfigurationError([*faults, *from_validation(file, model, error)]) from None
    faults += check(settings, file)
    if faults:
        raise ConfigurationError(faults)
    return settings


def check(settings: StackSettings, file: str) -> list[Fault]:
    """The faults across fields of settings whose every field is right."""
    faults = rules.check(rules.EVERY_STACK, settings, file)
    if isinstance(settings, Settings):
        faults += rules.check(rules.MAIN, settings, file)
    if isinstance(settings, FoundationSettings):
        faults += rules.check(rules.FOUNDATION, settings, file)
    return faults


def merged(baseline: Any, changes: Any) -> Any:
    """Mappings merge key by key, everything else is replaced."""
    if isinstance(baseline, Mapping) and isinstance(changes, Mapping):
        both = {key: merged(baseline[key], changes[key]) for key in baseline.keys() & changes}
        return {**baseline, **changes, **both}
    return changes


def _from_pulumi(model: type[S]) -> S:
    # Imported here, so that `nexusdb config check` needs no Pulumi.
    import pulumi
    from pulumi.runtime.config import CONFIG

    environment = pulumi.get_stack()
    config = {key: _decoded(value) for key, value in CONFIG.get().items()}
    try:
        return parse(model, environment, config, model.file.format(environment=environment))
    except ConfigurationError as error:
        # A RunError is shown as its message alone, without a traceback.
        raise pulumi.RunError(f"the configuration is refused:\n{error}") from None


def _decoded(value: Any) -> Any:
    """Pulumi hands structures over as JSON texts and everything else as plain text."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            return value
    return value


def _sections(
    model: type[StackSettings], config: Mapping[str, Any], file: str
) -> tuple[dict[str, Any], list[Fault]]:
    """The configuration by section, `namespace:` dropped; keys that nothing reads are faults."""
    known = written_names(model).keys() - PROVIDED
    sections: dict[str, Any] = {"aws": {}}
    faults = []
    for key, value in config.items():
        namespace, _, name = key.rpartition(":")
        if namespace == "aws":
            sections["aws"][name] = value
        elif namespace in ("", model.namespace) and name in known:
            sections[name] = value
        elif namespace != "pulumi":
            faults.append(unknown_key(file, key, known))
    return sections, faults


def _merge_baseline(document: dict[str, Any], path: list[str], baseline: Any) -> None:
    *parents, last = path
    node = document
    for parent in parents:
        inner = node.get(parent)
        if not isinstance(inner, dict):
            return  # missing or mistyped: validation names it
        node[parent] = node = dict(inner)
    node[last] = merged(baseline, node.get(last) or {})


@cache
def _parsed(text: str) -> Any:
    return yaml.safe_load(text)


def _yaml(path: Path) -> Mapping[str, Any]:
    try:
        document = _parsed(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        fault = Fault(str(path), "file", f"unreadable: {reason}", "give a readable YAML file")
        raise ConfigurationError([fault]) from None
    return document if isinstance(document, Mapping) else {}
