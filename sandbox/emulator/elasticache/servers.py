"""The Redis servers behind emulated replication groups, by region and identifier."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from sandbox.paths import SandboxPaths
from sandbox.servers.certificates import CertificateAuthority
from sandbox.servers.redis.server import RedisServer
from sandbox.servers.redis.settings import RedisRecord, Settings

GroupKey = tuple[str, str]
"""Region and identifier of a replication group."""


class RedisPlane:
    """Starts, finds and stops the servers. Changes are serialized."""

    def __init__(self, paths: SandboxPaths, authority: CertificateAuthority) -> None:
        self._paths = paths
        self._authority = authority
        self._groups: dict[GroupKey, list[RedisServer]] = {}
        self._lock = threading.RLock()

    def converge(self, key: GroupKey, members: Sequence[str], settings: Settings) -> None:
        """Gives a group these members, the first of them the primary, with these settings.

        New servers are removed again if one of them doesn't start.
        """
        with self._lock:
            servers = self._groups.get(key, [])
            for server in servers:
                server.apply(settings)
            kept = [server for server in servers if server.identifier in members]
            made: list[RedisServer] = []
            try:
                for member in members[len(kept) :]:
                    existing = [*kept, *made]
                    made.append(
                        RedisServer.create(
                            self._paths,
                            member,
                            authority=self._authority,
                            settings=settings,
                            source=existing[0] if existing else None,
                        )
                    )
            except BaseException:
                for server in reversed(made):
                    server.destroy()
                raise
            for server in servers:
                if server not in kept:
                    server.destroy()
            self._groups[key] = [*kept, *made]

    def servers(self, key: GroupKey) -> list[RedisServer]:
        """A group's servers, the primary first."""
        with self._lock:
            return list(self._groups.get(key, []))

    def destroy(self, key: GroupKey) -> None:
        with self._lock:
            for server in reversed(self._groups.pop(key, [])):
                server.destroy()

    def destroy_all(self) -> None:
        with self._lock:
            for key in list(self._groups):
                self.destroy(key)

    def dead(self) -> list[str]:
        """The names of the servers that ended unexpectedly, primaries first."""
        return [server.identifier for server in self._dead()]

    def resume_dead(self) -> list[str]:
        """Restarts the dead servers; returns their names."""
        with self._lock:
            resumed = self._dead()
            for server in resumed:
                server.resume()
        return [server.identifier for server in resumed]

    def _dead(self) -> list[RedisServer]:
        with self._lock:
            return [each for group in self._groups.values() for each in group if each.died]

    def save(self, directory: Path) -> dict[GroupKey, list[RedisRecord]]:
        """Each group's members; the primary's data goes into the directory."""
        with self._lock:
            saved = {}
            for key, servers in self._groups.items():
                files = directory / _files(key)
                files.mkdir(mode=0o700)
                servers[0].save_data(files)
                saved[key] = [server.record() for server in servers]
            return saved

    def restore(self, groups: Mapping[GroupKey, Sequence[RedisRecord]], directory: Path) -> None:
        """Starts the members at their previous ports; replicas copy the primary's data."""
        with self._lock:
            for key, records in groups.items():
                made = self._groups[key] = []
                for record in records:
                    made.append(
                        RedisServer.restore(
                            self._paths,
                            record,
                            authority=self._authority,
                            data=None if made else directory / _files(key),
                            source=made[0] if made else None,
                        )
                    )

    def listing(self) -> list[dict[str, object]]:
        """The running servers, for tools that connect to them directly."""
        with self._lock:
            return [
                {
                    "identifier": server.identifier,
                    "region": region,
                    "engine": "redis",
                    "address": "127.0.0.1",
                    "port": server.port,
                    "replicates": server.source.identifier if server.source else None,
                }
                for (region, _), servers in sorted(self._groups.items(), key=lambda row: row[0])
                for server in servers
                if server.running
            ]


def _files(key: GroupKey) -> str:
    return f"redis-{'-'.join(key)}"
