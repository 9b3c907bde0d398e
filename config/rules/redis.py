"""Rules of Redis: node types, parameters, eviction policies, snapshots, users and windows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from config.aws import catalog
from config.aws.catalog import ParameterKind
from config.errors import nearest
from config.rules.rule import Case, ConfigRule, repeated
from config.settings.redis import RESERVED_MEMORY, user_id
from config.settings.stack import Settings

LONGEST_USER_ID = 40
"""Characters that ElastiCache accepts."""
POLICY = "maxmemory-policy"
KEEPS_ALL = "noeviction"
EVICTS_ANY = ("allkeys-lru", "allkeys-lfu", "allkeys-random")
DEFAULT_USER = "default"
CATEGORIES = frozenset(
    """admin all bitmap blocking connection dangerous fast geo hash hyperloglog keyspace list
    pubsub read scripting set slow sortedset stream string transaction write""".split()  # noqa: SIM905 - a table of words
)
ADMINISTRATIVE = ("+@all", "+@admin", "+@dangerous")


def unknown_nodes(s: Settings) -> Iterator[Case]:
    nodes = catalog.cache_nodes()
    for purpose, group in s.redis.groups.items():
        if group.node_type not in nodes:
            near = get_close_matches(group.node_type, nodes, n=1, cutoff=0)[0]
            yield {"purpose": purpose, "group": group, "near": near}


def _kinds(s: Settings) -> Mapping[str, ParameterKind]:
    return catalog.redis_parameter_kinds(s.redis.major_version)


def unknown_parameters(s: Settings) -> Iterator[Case]:
    kinds = _kinds(s)
    for purpose, group in s.redis.groups.items():
        for name in group.parameters:
            if name not in kinds:
                yield {"purpose": purpose, "name": name, "near": nearest(name, kinds)}


def refused_values(s: Settings) -> Iterator[Case]:
    kinds = _kinds(s)
    for purpose, group in s.redis.groups.items():
        for name, value in group.parameters.items():
            kind = kinds.get(name)
            if kind is not None and not kind.admits(value):
                yield {"purpose": purpose, "name": name, "value": value, "admitted": kind.admitted}


def too_little_reserved(s: Settings) -> Iterator[Case]:
    nodes = catalog.cache_nodes()
    for purpose, group in s.redis.groups.items():
        node, stated = nodes.get(group.node_type), group.parameters.get(RESERVED_MEMORY, "")
        if node is not None and stated.isdigit() and int(stated) < node.reserved_percent:
            yield {
                "purpose": purpose,
                "stated": stated,
                "node_type": group.node_type,
                "least": node.reserved_percent,
            }


def evicting_state(s: Settings) -> bool:
    policy = s.redis.state.parameters.get(POLICY)
    return policy != KEEPS_ALL and policy in _kinds(s)[POLICY].values


def cache_without_eviction(s: Settings) -> bool:
    policy = s.redis.cache.parameters.get(POLICY)
    return policy not in EVICTS_ANY and policy in _kinds(s)[POLICY].values


def overlapping_windows(s: Settings) -> bool:
    snapshots = s.redis.state.snapshots
    return snapshots is not None and snapshots.window.overlaps(s.redis.maintenance_window)


def long_user_ids(s: Settings) -> Iterator[Case]:
    for key in s.redis.users:
        found = user_id(s.prefix, key)
        if len(found) > LONGEST_USER_ID:
            yield {"key": key, "id": found, "length": len(found)}


def groups_without_users(s: Settings) -> Iterator[Case]:
    for purpose in s.redis.groups:
        if not s.redis.users_of(purpose):
            yield {"purpose": purpose}


def unknown_categories(s: Settings) -> Iterator[Case]:
    for key, user in s.redis.users.items():
        for index, command in enumerate(user.commands):
            category = command[2:]
            if command[1] == "@" and category not in CATEGORIES:
                near = nearest(category, CATEGORIES)
                yield {"key": key, "index": index, "category": category, "near": near}


def administrative(s: Settings) -> Iterator[Case]:
    for key, user in s.redis.users.items():
        for index, command in enumerate(user.commands):
            if command in ADMINISTRATIVE:
                yield {"key": key, "index": index, "command": command}


def repeated_commands(s: Settings) -> Iterator[Case]:
    for key, user in s.redis.users.items():
        yield from ({"key": key, **case} for case in repeated(user.commands))


REDIS = "nexusflow:redis"
ERRORS: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        f"{REDIS}.{{purpose}}.node_type",
        unknown_nodes,
        "{group.node_type} is not a node type listed in config/aws/cache_nodes.yaml",
        "did you mean {near}?",
    ),
    ConfigRule(
        f"{REDIS}.{{purpose}}.parameters.{{name}}",
        unknown_parameters,
        "not a parameter listed in config/aws/redis7.yaml",
        "{near}",
    ),
    ConfigRule(
        f"{REDIS}.{{purpose}}.parameters.{{name}}",
        refused_values,
        '"{value}" is not a valid value',
        "write {admitted}",
    ),
    ConfigRule(
        f"{REDIS}.{{purpose}}.parameters.{RESERVED_MEMORY}",
        too_little_reserved,
        "{stated} leaves {node_type} too little memory for snapshots and replication",
        "write {least} or more, or leave it out",
    ),
    ConfigRule(
        f"{REDIS}.state.parameters.{POLICY}",
        evicting_state,
        "{s.redis.state.parameters[maxmemory-policy]} would evict sessions and rate limits",
        f"write {KEEPS_ALL}: values that may be evicted belong in the cache",
    ),
    ConfigRule(
        f"{REDIS}.cache.parameters.{POLICY}",
        cache_without_eviction,
        "with {s.redis.cache.parameters[maxmemory-policy]}, a full cache refuses writes",
        f"write one of {', '.join(EVICTS_ANY)}",
    ),
    ConfigRule(
        f"{REDIS}.cache.snapshots",
        lambda s: s.redis.cache.snapshots is not None,
        "snapshots of a cache are useless and cost it memory",
        "leave them out",
    ),
    ConfigRule(
        f"{REDIS}.state.snapshots",
        lambda s: s.redis.state.snapshots is None,
        "sessions and rate limits need snapshots",
        'write {{retention_days: 7, window: "01:00-02:00"}}',
    ),
    ConfigRule(
        f"{REDIS}.maintenance_window",
        overlapping_windows,
        "{s.redis.maintenance_window} overlaps state.snapshots.window "
        "{s.redis.state.snapshots.window}",
        "move one of them: AWS refuses overlapping windows",
    ),
    ConfigRule(
        f"{REDIS}.users.{DEFAULT_USER}",
        lambda s: DEFAULT_USER in s.redis.users,
        "the default user of clients that are not logged in must stay disabled",
        "name the application that logs in",
    ),
    ConfigRule(
        f"{REDIS}.users.{{key}}",
        long_user_ids,
        "{id} has {length} characters, and AWS accepts 40",
        "shorten the name",
    ),
    ConfigRule(
        f"{REDIS}.users",
        groups_without_users,
        "{purpose} has no user, so nobody could log in to it",
        "add one with group: {purpose}",
    ),
    ConfigRule(
        f"{REDIS}.users.{{key}}.commands.{{index}}",
        unknown_categories,
        "Redis has no category {category}",
        "{near}",
    ),
    ConfigRule(
        f"{REDIS}.users.{{key}}.commands.{{index}}",
        administrative,
        "{command} includes commands that administer the server",
        "list the commands and categories that the application uses",
    ),
    ConfigRule(
        f"{REDIS}.users.{{key}}.commands",
        repeated_commands,
        "{item} is listed twice",
        "list each command once",
    ),
)
