"""Adds user groups and ModifyUser to moto's ElastiCache (moto 5.2.5, checked 2026-11-24)."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import Any

from moto.core.responses import ActionResult
from moto.elasticache.exceptions import UserNotFound
from moto.elasticache.models import ElastiCacheBackend, User
from moto.elasticache.responses import ElastiCacheResponse

from sandbox.emulator.elasticache import server_settings, store
from sandbox.emulator.patches import Method, wrap_method
from sandbox.emulator.rds.servers import DataPlane

_ID = re.compile(r"(?!.*--)[a-z][a-z0-9-]{0,39}(?<!-)")
_DEFAULT = "default"
_PASSWORDS = 2
_RULE = re.compile(
    r"on|off|nopass|resetpass|reset|allkeys|resetkeys|allchannels|resetchannels|allcommands|"
    r"nocommands|~\S+|%(R|W|RW)~\S+|&\S+|[+-]@?[a-z][a-z0-9|-]*|\(.*\)|clearselectors"
)


def patch(plane: DataPlane) -> None:
    _patch_users(plane)
    _add_user_groups(plane)

    # moto omits the groups of a user.
    User.user_group_ids = property(_groups_of_user, lambda _user, _value: None)


def _groups_of_user(user: Any) -> list[str]:
    backend = getattr(user, "sandbox_backend", None)
    if backend is None:
        return []
    return [
        group.user_group_id
        for group in store.user_groups(backend).values()
        if user.id in group.user_ids
    ]


def _patch_users(plane: DataPlane) -> None:
    # moto names the wrong user in its error, and accepts any id, access string and number of
    # passwords.
    @wrap_method(ElastiCacheBackend, "create_user")
    def create(original: Method, backend: Any, **requested: Any) -> Any:
        user_id = requested["user_id"]
        if not _ID.fullmatch(user_id):
            raise store.invalid_value(
                f"The user id {user_id} must have 1 to 40 lower-case letters, digits and single "
                "hyphens, begin with a letter and not end with a hyphen."
            )
        if user_id in backend.users:
            raise store.refusal("UserAlreadyExists", f"User {user_id} already exists.")
        _check_access(requested["access_string"])
        _check_passwords(requested["passwords"])
        user = original(backend, **requested)
        user.sandbox_backend = backend
        store.retag(backend, user.arn, requested.get("tags"))
        return user

    # moto keeps a deleted user until it has been described twice.
    @wrap_method(ElastiCacheBackend, "delete_user")
    def delete(_original: Method, backend: Any, user_id: str) -> Any:
        user = _user(backend, user_id)
        groups = [g for g in store.user_groups(backend).values() if user_id in g.user_ids]
        if user_id == _DEFAULT or (user.name == _DEFAULT and groups):
            raise store.refusal(
                "DefaultUserAssociatedToUserGroup",
                f"The default user {user_id} is in a user group and can't be deleted.",
            )
        # AWS removes it from its groups and their servers
        for group in groups:
            group.user_ids.remove(user_id)
        del backend.users[user_id]
        for group in groups:
            _converge(plane, backend, group)
        return user

    def modify(response: Any) -> Any:
        backend, requested = response.elasticache_backend, response.params
        user = _user(backend, requested["UserId"])
        before = copy.copy(user.__dict__)
        mode = requested.get("AuthenticationMode") or {}
        passwords = requested.get("Passwords") or mode.get("Passwords")
        if passwords:
            _check_passwords(passwords)
            user.passwords, user.no_password_required = passwords, False
            user.authentication_type = "password"
        if requested.get("NoPasswordRequired") or mode.get("Type") == "no-password-required":
            user.passwords, user.no_password_required = [], True
        access = requested.get("AccessString")
        if appended := requested.get("AppendAccessString"):
            access = f"{user.access_string} {appended}"
        if access is not None:
            _check_access(access)
            user.access_string = access
        if requested.get("Engine"):
            user.engine = requested["Engine"].lower()
        try:
            for group in store.user_groups(backend).values():
                if user.id in group.user_ids:
                    _converge(plane, backend, group)
        except Exception:
            user.__dict__.update(before)
            raise
        return ActionResult(user)

    ElastiCacheResponse.modify_user = modify


def _add_user_groups(plane: DataPlane) -> None:
    def create(response: Any) -> Any:
        backend, requested = response.elasticache_backend, response.params
        name, user_ids = requested["UserGroupId"], list(requested.get("UserIds") or [])
        if not _ID.fullmatch(name):
            raise store.invalid_value(f"{name} is not a valid user group id.")
        if name in store.user_groups(backend):
            raise store.refusal("UserGroupAlreadyExists", f"User group {name} already exists.")
        _check_users(backend, user_ids)
        engine = requested["Engine"].lower()
        group = store.UserGroup(name, engine, user_ids, store.arn(backend, "usergroup", name))
        store.retag(backend, group.arn, requested.get("Tags"))
        store.user_groups(backend)[name] = group
        return ActionResult(_described(backend, group))

    def describe(response: Any) -> Any:
        backend, name = response.elasticache_backend, response.params.get("UserGroupId")
        groups = (
            [store.user_group(backend, name)] if name else list(store.user_groups(backend).values())
        )
        return ActionResult({"UserGroups": [_described(backend, group) for group in groups]})

    def modify(response: Any) -> Any:
        backend, requested = response.elasticache_backend, response.params
        group = store.user_group(backend, requested["UserGroupId"])
        before = list(group.user_ids)
        gone, added = requested.get("UserIdsToRemove") or [], requested.get("UserIdsToAdd") or []
        if missing := [user for user in gone if user not in before]:
            raise UserNotFound(missing[0])
        if doubled := [user for user in added if user in before]:
            raise store.refusal("DuplicateUserName", f"{doubled[0]} is in the user group already.")
        wanted = [*(user for user in before if user not in gone), *added]
        _check_users(backend, wanted)
        group.user_ids = wanted
        try:
            _converge(plane, backend, group)
        except Exception:
            group.user_ids = before
            raise
        return ActionResult(_described(backend, group))

    def delete(response: Any) -> Any:
        backend = response.elasticache_backend
        group = store.user_group(backend, response.params["UserGroupId"])
        if used := server_settings.users_of_group(backend, group.user_group_id):
            raise store.refusal(
                "InvalidUserGroupState",
                f"User group {group.user_group_id} is associated with the replication group "
                f"{used[0].replication_group_id}: take it off there first.",
            )
        del store.user_groups(backend)[group.user_group_id]
        return ActionResult(_described(backend, group))

    ElastiCacheResponse.create_user_group = create
    ElastiCacheResponse.describe_user_groups = describe
    ElastiCacheResponse.modify_user_group = modify
    ElastiCacheResponse.delete_user_group = delete


def _described(backend: Any, group: store.UserGroup) -> dict[str, Any]:
    used = server_settings.users_of_group(backend, group.user_group_id)
    return {
        "UserGroupId": group.user_group_id,
        "Status": group.status,
        "Engine": group.engine,
        "UserIds": list(group.user_ids),
        "MinimumEngineVersion": group.minimum_engine_version,
        "ReplicationGroups": [each.replication_group_id for each in used],
        "ARN": group.arn,
    }


def _converge(plane: DataPlane, backend: Any, group: store.UserGroup) -> None:
    used = server_settings.users_of_group(backend, group.user_group_id)
    server_settings.converge_all(plane, backend, used)


def _user(backend: Any, user_id: str) -> Any:
    if user_id not in backend.users:
        raise UserNotFound(user_id)
    return backend.users[user_id]


def _check_users(backend: Any, user_ids: Sequence[str]) -> None:
    names = [_user(backend, user_id).name for user_id in user_ids]
    if _DEFAULT not in names:
        raise store.refusal(
            "DefaultUserRequired",
            "A user group needs exactly one user whose user name is default.",
        )
    for name in names:
        if names.count(name) > 1:
            raise store.refusal(
                "DuplicateUserName", f"Two users of one group have the user name {name}."
            )


def _check_access(access: str | None) -> None:
    wrong = [rule for rule in (access or "").split() if not _RULE.fullmatch(rule)]
    if not access or wrong:
        raise store.invalid_value(
            f"The access string is not valid{f' at {wrong[0]}' if wrong else ''}."
        )


def _check_passwords(passwords: Sequence[str] | None) -> None:
    if len(passwords or []) > _PASSWORDS:
        raise store.invalid_value(f"A user has at most {_PASSWORDS} passwords.")
    if any(not 16 <= len(password) <= 128 for password in passwords or []):
        raise store.invalid_value("Passwords length must be between 16-128 characters.")
