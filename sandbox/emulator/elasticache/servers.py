"""The Redis servers behind emulated replication groups, by region and identifier."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from sandbox.paths import SandboxPaths
from sandbox.servers.certificates import CertificateAuthority
from sandbox.servers.redis.server import RedisServer, Settings

GroupPlace = tuple[str, str]
"""Region and identifier of a replication group."""


class RedisPlane:
    """Starts, keeps and stops the servers. Changes come one after another."""

    def __init__(self, paths: SandboxPaths, authority: CertificateAuthority) -> None:
        self._paths = paths
        self._authority = authority
        self._groups: dict[GroupPlace, list[RedisServer]] = {}
        self._lock = threading.RLock()

    def converge(self, place: GroupPlace, members: Sequence[str], settings: Settings) -> None:
        """Makes the servers of a group those members with these settings; the first is primary.

        A group that can't be made leaves no server behind.
        """
        with self._lock:
            servers = self._groups.get(place, [])
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
            self._groups[place] = [*kept, *made]

    def servers(self, place: GroupPlace) -> list[RedisServer]:
        """The primary first."""
        with self._lock:
            return list(self._groups.get(place, []))

    def destroy(self, place: GroupPlace) -> None:
        with self._lock:
            for server in reversed(self._groups.pop(place, [])):
                server.destroy()

    def destroy_all(self) -> None:
        with self._lock:
            for place in list(self._groups):
                self.destroy(place)

    def dead(self) -> list[str]:
        """The names of the servers that ended without being asked to, primaries first."""
        return [server.identifier for server in self._dead()]

    def resume_dead(self) -> list[str]:
        """Starts the dead servers again; returns their names."""
        with self._lock:
            resumed = self._dead()
            for server in resumed:
                server.resume()
        return [server.identifier for server in resumed]

    def _dead(self) -> list[RedisServer]:
        with self._lock:
            return [each for group in self._groups.values() for each in group if each.died]

    def listing(self) -> list[dict[str, object]]:
        """The running servers, for those who look into the sandbox."""
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
