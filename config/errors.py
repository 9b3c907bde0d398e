"""What is wrong with a configuration, one line a fault: file, key, what is wrong, what is right."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

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
"""Where Pydantic's own words would show a person a regular expression or a Python type."""
LISTED_AT_MOST = 6
MISSING = "missing"
KEY = "[key]"
"""Pydantic's mark behind a mapping's key that is itself wrong."""


@dataclass(frozen=True)
class Fault:
    file: str
    key: str
    wrong: str
    right: str
    meant: str = ""
    """The key that an unknown one was most likely to be."""

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.wrong}; {self.right}"


class ConfigurationError(Exception):
    """A configuration that must not reach the engine; its text is one line a fault."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def nearest(wrong: str, known: Iterable[str]) -> str:
    """The remedy for a name that isn't known: the nearest one, else those there are."""
    names = sorted(known)
    near = get_close_matches(wrong, names, n=1)
    return f"did you mean {near[0]}?" if near else f"known here: {', '.join(names)}"


def unknown_key(file: str, key: str, known: Iterable[str], parent: str | None = None) -> Fault:
    """A key that nothing reads, with the nearest one that something does."""
    names = sorted(known)
    own = key.replace(":", ".").rpartition(".")[2]
    near = get_close_matches(own, names, n=1)
    beside = key.removesuffix(own) if parent is None else parent
    meant = f"{beside}{near[0]}" if near else ""
    return Fault(file, key, "unknown key", nearest(own, names), meant)


def deduplicate(faults: Iterable[Fault]) -> list[Fault]:
    """A mistyped key is unknown, and what it was meant to be is missing: one fault, not two."""
    listed = list(faults)
    meant = {fault.meant for fault in listed if fault.meant}
    return [fault for fault in listed if fault.wrong != MISSING or fault.key not in meant]


def from_validation(file: str, model: type[BaseModel], error: ValidationError) -> list[Fault]:
    """Pydantic's findings as faults; keys keep the notation of the stack file."""
    details = error.errors(include_url=False)
    paths = [tuple(detail["loc"]) for detail in details]
    return [
        _fault(file, model, path, detail["type"], detail)
        for path, detail in zip(paths, details, strict=True)
        # a list whose items are wrong is reported by its items alone
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
    if kind == "missing":
        return Fault(file, key, MISSING, f"give {expected}")
    value = json.dumps(detail["input"], default=str, ensure_ascii=False)
    if kind == "literal_error":
        words = str(detail["ctx"]["expected"])
        known = [word.strip("' ") for word in words.replace(" or ", ", ").split(",")]
        right = f"use {words}" if len(known) <= LISTED_AT_MOST else nearest(value.strip('"'), known)
        return Fault(file, key, f"{value} is not allowed", right)
    reason = WORDING.get(kind) or str(detail["msg"]).removeprefix("Input ")
    return Fault(file, key, f"{value}: {reason}", f"give {expected}")


def written(model: type[BaseModel], path: Iterable[int | str]) -> str:
    """A path in the settings as a stack file writes it: `namespace:section.key`."""
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
    """What the keys of the mapping at the end of the path should be like."""
    mapping, _ = _walk(model, path[:-1])
    key, description = _unwrapped(get_args(mapping)[0], None)
    return description or f"a key of {', '.join(map(str, get_args(key)))}"


def written_names(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a model by the name that a stack file gives them."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _walk(model: type[BaseModel], path: Iterable[int | str]) -> tuple[Any, str | None]:
    """The type at a path and the innermost description on the way there."""
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
    """The type inside an `Annotated`, with the description that this carries."""
    if get_origin(annotation) is not Annotated:
        return annotation, description
    inner, *marks = get_args(annotation)
    own = [mark.description for mark in marks if isinstance(mark, FieldInfo) and mark.description]
    return inner, own[0] if own else description


def _required(annotation: Any) -> Any:
    """The type without its `| None`."""
    kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
    return kinds[0] if type(None) in get_args(annotation) else annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
