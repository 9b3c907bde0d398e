"""A provider whose cloud is a directory with a file for each thing: for tests of the core.

`python -m tests.unit.providers.toy_provider` serves it in a process of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.providers.provider import Provider, table
from sandbox.providers.resource_type import Created, NotFound, Property, ResourceType
from sandbox.providers.serve import serve
from sandbox.providers.wire import Properties

TOKEN = "toy:index:Thing"


@dataclass
class Cloud:
    """The things, and what was asked of the provider in which order."""

    directory: Path
    calls: list[tuple[str, object]] = field(default_factory=list)

    def file(self, name: str) -> Path:
        return self.directory / f"{name}.json"

    def names(self) -> list[str]:
        return sorted(path.stem for path in self.directory.glob("*.json"))

    def load(self, name: str) -> Properties:
        loaded: Properties = json.loads(self.file(name).read_text())
        return loaded

    def save(self, name: str, **changes: object) -> None:
        kept = self.load(name) if self.file(name).exists() else {}
        self.file(name).write_text(json.dumps({**kept, **changes}))


class Thing(ResourceType[Cloud]):
    """`fails` says at which call it fails; the errors quote the password, as a service's may."""

    token = TOKEN
    named_by, autonames = "name", True
    properties = {
        "name": Property(replaces="names are for life", bound=True),
        "size": Property(default=1, bound=True),
        "zone": Property(computed=True, bound=True),
        "note": Property(bound=True),
        "password": Property(secret=True),
        "fails": Property(),
        "address": Property(output=True),
        "key": Property(output=True, secret=True),
    }

    def create(self, cloud: Cloud, inputs: Properties) -> Created:
        cloud.calls.append(("create", inputs["name"]))
        _fail("create", inputs)
        bound = {key: inputs[key] for key in ("size", "zone", "note") if key in inputs}
        cloud.save(inputs["name"], **{"zone": "a", **bound})
        return Created(inputs["name"], {"key": "drawn-once"})

    def wait_until_ready(self, cloud: Cloud, resource_id: str, inputs: Properties) -> None:
        cloud.calls.append(("wait_until_ready", resource_id))
        _fail("wait_until_ready", inputs)
        if inputs.get("fails") == "vanish":
            cloud.file(resource_id).unlink()

    def read(self, cloud: Cloud, resource_id: str, state: Properties) -> Properties | None:
        _fail("read", state)
        if not cloud.file(resource_id).exists():
            return None
        live = {"note": None, **cloud.load(resource_id)}
        return {**live, "name": resource_id, "address": f"{resource_id}.toy", "id": resource_id}

    def update(
        self,
        cloud: Cloud,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        cloud.calls.append(("update", changed))
        _fail("update", inputs)
        if not cloud.file(resource_id).exists():
            raise NotFound
        cloud.save(resource_id, **{key: inputs.get(key) for key in changed - {"fails", "password"}})

    def delete(self, cloud: Cloud, resource_id: str, state: Properties) -> None:
        cloud.calls.append(("delete", resource_id))
        _fail("delete", state)
        if not cloud.file(resource_id).exists():
            raise NotFound
        cloud.file(resource_id).unlink()


@dataclass
class MemoryLedger:
    """What the cloud holds beyond its API, by token and id."""

    entries: dict[tuple[str, str], Properties] = field(default_factory=dict)

    def get(self, token: str, resource_id: str) -> Properties | None:
        return self.entries.get((token, resource_id))

    def put(
        self, token: str, resource_id: str, properties: Properties, secrets: Iterable[str]
    ) -> None:
        hidden = set(secrets)
        self.entries[token, resource_id] = {
            key: value for key, value in properties.items() if key not in hidden
        }

    def delete(self, token: str, resource_id: str) -> None:
        self.entries.pop((token, resource_id), None)


def configure(config: Properties) -> Cloud:
    if not config.get("directory"):
        raise ValueError("the toy provider needs a directory")
    return Cloud(Path(config["directory"]))


PROVIDER = Provider(
    name="toy", version="1.2.3", resource_types=table([Thing()]), configure=configure
)


def _fail(at: str, properties: Properties) -> None:
    if properties.get("fails") == at:
        raise RuntimeError(f"no {at} with {properties.get('password')}")


if __name__ == "__main__":
    serve(PROVIDER)
