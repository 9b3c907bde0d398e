"""Broken lines of the Redis groups."""

from __future__ import annotations

from tests.unit.config.broken import PRODUCTION, STAGING, Broken

CATALOG = "config/defaults/redis.yaml"
RD = "nexusflow:redis"
CACHE = "cache: {node_type: cache.r7g.large, nodes: 2}"
USERS = 'maintenance_window: "sun:06:00-sun:07:00"\n    log_retention_days: 90\n'


def _in_cache(text: str) -> str:
    return CACHE.replace("nodes: 2", f"nodes: 2, {text}")


def _with_users(text: str) -> str:
    return f"{USERS}    users: {{{text}}}\n"


FAULTS = [
    # single values
    Broken(
        PRODUCTION,
        'engine_version: "7.1"',
        'engine_version: "7.1.0"',
        f"{RD}.engine_version: \"7.1.0\" is not allowed; use '7.0' or '7.1'",
    ),
    Broken(
        PRODUCTION,
        CACHE,
        CACHE.replace("nodes: 2", "nodes: 7"),
        f"{RD}.cache.nodes: 7: should be less than or equal to 6; give 1, or 2 to 6 for a "
        "primary and replicas with automatic failover",
    ),
    Broken(
        PRODUCTION,
        CACHE,
        CACHE.replace("cache.r7g.large", "r7g.large"),
        f'{RD}.cache.node_type: "r7g.large": not of the right form; give an ElastiCache node type, '
        "such as cache.m7g.large",
    ),
    Broken(
        PRODUCTION,
        "snapshots: {retention_days: 7",
        "snapshots: {retention_days: 36",
        f"{RD}.state.snapshots.retention_days: 36: should be less than or equal to 35; give "
        "the retention of a snapshot in days, 1 to 35",
    ),
    Broken(
        PRODUCTION,
        CACHE,
        _in_cache("parameters: {timeout: 0}"),
        f"{RD}.cache.parameters.timeout: 0: should be a valid string; give changes to "
        "config/defaults/redis.yaml: {name: value}, values quoted",
    ),
    Broken(
        PRODUCTION,
        USERS,
        _with_users("sessions: {credential_version: 0}"),
        f"{RD}.users.sessions.credential_version: 0: should be greater than or equal to 1; "
        "give a whole number from 1; raising it generates a new password",
    ),
    Broken(
        CATALOG,
        '["rl:*"]',
        '["~rl:*"]',
        'users.ratelimits.keys.0: "~rl:*": not of the right form; give quoted patterns of keys, '
        'such as ["session:*"]',
    ),
    Broken(
        CATALOG,
        "- +script|load",
        "- script|load",
        'users.ratelimits.commands.10: "script|load": not of the right form; give signed '
        "commands and @categories: [+get, -@dangerous]",
    ),
    # rules
    Broken(
        PRODUCTION,
        CACHE,
        CACHE.replace("cache.r7g.large", "cache.r7g.lrge"),
        f"{RD}.cache.node_type: cache.r7g.lrge is not a node type listed in "
        "config/aws/cache_nodes.yaml; did you mean cache.r7g.large?",
    ),
    Broken(
        PRODUCTION,
        CACHE,
        _in_cache('parameters: {timeouts: "0"}'),
        f"{RD}.cache.parameters.timeouts: not a parameter listed in config/aws/redis7.yaml; "
        "did you mean timeout?",
    ),
    Broken(
        PRODUCTION,
        CACHE,
        _in_cache('parameters: {maxmemory-samples: "0"}'),
        f'{RD}.cache.parameters.maxmemory-samples: "0" is not a valid value; write a whole '
        "number from 1 to 64",
    ),
    Broken(
        STAGING,
        "cache: {node_type: cache.t4g.small, nodes: 1}",
        "cache:\n      node_type: cache.t4g.small\n      nodes: 1\n"
        '      parameters: {reserved-memory-percent: "25"}',
        f"{RD}.cache.parameters.reserved-memory-percent: 25 leaves cache.t4g.small too little "
        "memory for snapshots and replication; write 30 or more, or leave it out",
    ),
    Broken(
        CATALOG,
        "maxmemory-policy: noeviction",
        "maxmemory-policy: allkeys-lru",
        "state.parameters.maxmemory-policy: allkeys-lru would evict sessions and rate limits; "
        "write noeviction: values that may be evicted belong in the cache",
    ),
    Broken(
        PRODUCTION,
        CACHE,
        _in_cache("parameters: {maxmemory-policy: volatile-lru}"),
        f"{RD}.cache.parameters.maxmemory-policy: with volatile-lru, a full cache refuses "
        "writes; write one of allkeys-lru, allkeys-lfu, allkeys-random",
    ),
    Broken(
        PRODUCTION,
        CACHE,
        _in_cache('snapshots: {retention_days: 1, window: "01:00-02:00"}'),
        f"{RD}.cache.snapshots: snapshots of a cache are useless and cost it memory; leave "
        "them out",
    ),
    Broken(
        PRODUCTION,
        '      snapshots: {retention_days: 7, window: "01:00-02:00"}\n',
        "",
        f"{RD}.state.snapshots: sessions and rate limits need snapshots; write "
        '{retention_days: 7, window: "01:00-02:00"}',
    ),
    Broken(
        PRODUCTION,
        '"01:00-02:00"',
        '"01:00-01:30"',
        f"{RD}.state.snapshots.window: 01:00-01:30 is shorter than 60 minutes; "
        'write 60 minutes or more, such as "01:00-02:00"',
    ),
    Broken(
        PRODUCTION,
        '"sun:06:00-sun:07:00"',
        '"sun:06:00-sun:06:30"',
        f"{RD}.maintenance_window: sun:06:00-sun:06:30 is shorter than 60 minutes; "
        'write 60 minutes or more, such as "sun:06:00-sun:07:00"',
    ),
    Broken(
        PRODUCTION,
        '"sun:06:00-sun:07:00"',
        '"sun:01:30-sun:02:30"',
        f"{RD}.maintenance_window: sun:01:30-sun:02:30 overlaps state.snapshots.window "
        "01:00-02:00; move one of them: AWS refuses overlapping windows",
    ),
    Broken(
        PRODUCTION,
        USERS,
        USERS.replace("90", "91"),
        f"{RD}.log_retention_days: CloudWatch Logs has no retention of 91 days; write 90 or 120",
    ),
    Broken(
        STAGING,
        "staging holds no sessions of customers and is destroyed and rebuilt at will",
        '""',
        f"{RD}.deletion_protection.reason: deletion protection is off without a reason; say "
        "in one sentence why, or write enabled: true",
    ),
    Broken(
        PRODUCTION,
        USERS,
        _with_users(
            'default: {group: cache, credential_version: 1, keys: ["*"], commands: [+get]}'
        ),
        f"{RD}.users.default: the default user of clients that are not logged in must stay "
        "disabled; name the application that logs in",
    ),
    Broken(
        PRODUCTION,
        USERS,
        _with_users(
            'recommendations-and-more: {group: cache, credential_version: 1, keys: ["r:*"], '
            "commands: [+get]}"
        ),
        f"{RD}.users.recommendations-and-more: nexusflow-production-recommendations-and-more "
        "has 45 characters, and AWS accepts 40; shorten the name",
    ),
    Broken(
        CATALOG,
        "    group: cache\n",
        "    group: state\n",
        "users: cache has no user, so nobody could log in to it; add one with group: cache",
    ),
    Broken(
        CATALOG,
        "- +@read\n",
        "- +@reads\n",
        "users.cache.commands.0: Redis has no category reads; did you mean read?",
    ),
    Broken(
        CATALOG,
        "- +@read\n",
        "- +@all\n",
        "users.cache.commands.0: +@all includes commands that administer the server; list the "
        "commands and categories that the application uses",
    ),
    Broken(
        CATALOG,
        "- +@read\n",
        "- +@write\n",
        "users.cache.commands: +@write is listed twice; list each command once",
    ),
]
