"""Configuration errors: one line per fault with file, key, problem and remedy."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

WORDING = {
    "string_pattern_mismatch": "not of the right form",
    "string_too_short": "too short",
    "string_too_long": "too long",
    "too_short": "too few",
    "too_long": "too many",
    "model_type": "should be a mapping",
    "dict_type": "should be a mapping",
    "mapping_type": "should be a mapping",
    "tuple_type": "should be a list",
}
"""Replacements for messages of Pydantic that mention a regular expression or a Python type."""
LISTED_AT_MOST = 6
"""How many allowed values a message lists; from a longer list it suggests the closest."""
MISSING = "missing"
REFUSAL = "refusal"
KEY = "[key]"
"""Pydantic's marker behind a mapping's key that is itself wrong."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a configuration file."""

    file: str
    key: str
    problem: str
    remedy: str
    suggestion: str = ""
    """For an unknown key, the known key that was probably meant."""

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.problem}; {self.remedy}"


class ConfigurationError(Exception):
    """A configuration that cannot be deployed. Its message has one line per fault."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def refusal(problem: str, remedy: str) -> PydanticCustomError:
    """An exception for a field's validator to raise, with problem and remedy for the fault."""
    return PydanticCustomError(REFUSAL, "{problem}", {"problem": problem, "remedy": remedy})


def nearest(unknown: str, known: Iterable[str]) -> str:
    """The remedy for an unknown name: the closest known name, or else all of them."""
    names = sorted(known)
    near = get_close_matches(unknown, names, n=1)
    return f"did you mean {near[0]}?" if near else f"known here: {', '.join(names)}"


def unknown_key(file: str, key: str, known: Iterable[str], parent: str | None = None) -> Fault:
    """The fault of a key that nothing reads."""
    names = sorted(known)
    own = key.replace(":", ".").rpartition(".")[2]
    near = get_close_matches(own, names, n=1)
    prefix = key.removesuffix(own) if parent is None else parent
    suggestion = f"{prefix}{near[0]}" if near else ""
    return Fault(file, key, "unknown key", nearest(own, names), suggestion)


def deduplicate(faults: Iterable[Fault]) -> list[Fault]:
    """Drops the fault of a missing key that was only mistyped: its unknown spelling is a fault."""
    listed = list(faults)
    suggested = {fault.suggestion for fault in listed if fault.suggestion}
    return [fault for fault in listed if fault.problem != MISSING or fault.key not in suggested]


def from_validation(file: str, model: type[BaseModel], error: ValidationError) -> list[Fault]:
    """Pydantic's errors as faults, with keys in the notation of the stack file."""
    details = error.errors(include_url=False)
    paths = [tuple(detail["loc"]) for detail in details]
    return [
        _fault(file, model, path, detail["type"], detail)
        for path, detail in zip(paths, details, strict=True)
        # a list with wrong items is reported by its items alone
        if not any(other[: len(path)] == path and len(other) > len(path) for other in paths)
    ]


def _fault(
    file: str, model: type[BaseModel], path: tuple[int | str, ...], kind: str, detail: Any
) -> Fault:
    if path[-1:] == (KEY,):
        path = path[:-1]
        expected = _key_description(model, path)
    else:
        expected = _description(model, path)
    key = written(model, path)
    if kind == "extra_forbidden":
        return unknown_key(file, key, _known_keys(model, path[:-1]))
    if kind == REFUSAL:
        return Fault(file, key, detail["ctx"]["problem"], detail["ctx"]["remedy"])
    if kind == "missing":
        return Fault(file, key, MISSING, f"give {expected}")
    value = json.dumps(detail["input"], default=str, ensure_ascii=False)
    if kind == "literal_error":
        allowed = str(detail["ctx"]["expected"])
        known = [word.strip("' ") for word in allowed.replace(" or ", ", ").split(",")]
        short = len(known) <= LISTED_AT_MOST
        remedy = f"use {allowed}" if short else nearest(value.strip('"'), known)
        return Fault(file, key, f"{value} is not allowed", remedy)
    reason = WORDING.get(kind) or str(detail["msg"]).removeprefix("Input ")
    return Fault(file, key, f"{value}: {reason}", f"give {expected}")


def written(model: type[BaseModel], path: Iterable[int | str]) -> str:
    """A path in the notation of the stack file: `namespace:section.key`."""
    parts = [str(part) for part in path]
    if parts[:1] == ["aws"]:
        return f"aws:{'.'.join(parts[1:])}" if parts[1:] else "aws:"
    namespace = getattr(model, "namespace", "")
    return f"{namespace}:{'.'.join(parts)}"


def _known_keys(model: type[BaseModel], path: Iterable[int | str]) -> list[str]:
    annotation, _ = _walk(model, path)
    return list(written_names(annotation)) if _is_model(annotation) else []


def _description(model: type[BaseModel], path: Iterable[int | str]) -> str:
    return _walk(model, path)[1] or "a value of the right type"


def _key_description(model: type[BaseModel], path: tuple[int | str, ...]) -> str:
    """The description of the keys of the mapping at the end of the path."""
    mapping, _ = _walk(model, path[:-1])
    key, description = _unwrapped(get_args(mapping)[0], None)
    return description or f"a key of {', '.join(map(str, get_args(key)))}"


def written_names(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a model by their names in the stack file."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _walk(model: type[BaseModel], path: Iterable[int | str]) -> tuple[Any, str | None]:
    """The type at a path, and the innermost description along the path."""
    annotation: Any = model
    description: str | None = None
    for part in path:
        if _is_model(annotation):
            field = written_names(annotation).get(str(part))
            annotation = _required(field.annotation) if field is not None else None
            description = field.description if field is not None else description
        else:  # an item of a mapping or a tuple: (key, item) or (item, ...)
            arguments = get_args(annotation)
            mapping = isinstance(get_origin(annotation), type) and issubclass(
                get_origin(annotation), Mapping
            )
            item = arguments[1 if mapping else 0] if arguments else None
            annotation, description = _unwrapped(item, description)
    return annotation, description


def _unwrapped(annotation: Any, description: str | None) -> tuple[Any, str | None]:
    """The type inside an `Annotated`, and its description."""
    if get_origin(annotation) is not Annotated:
        return annotation, description
    inner, *marks = get_args(annotation)
    own = [mark.description for mark in marks if isinstance(mark, FieldInfo) and mark.description]
    return inner, own[0] if own else description


def _required(annotation: Any) -> Any:
    """The type without `| None`."""
    kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
    return kinds[0] if type(None) in get_args(annotation) else annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
