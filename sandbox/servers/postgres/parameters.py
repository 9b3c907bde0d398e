"""PostgreSQL's parameters as RDS describes them, and the configuration made from their values."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sandbox.servers.account import own, process_options, write_private
from sandbox.servers.postgres import binaries
from sandbox.servers.processes import TEMPORARY


class InvalidParameterError(Exception):
    """RDS or PostgreSQL refuses a parameter; the message says which and why."""


@dataclass(frozen=True)
class Parameter:
    """One parameter as a DB parameter group of the family postgres15 describes it.

    Values are bare numbers in PostgreSQL's base units (8 kB, kB, ms, …), which are RDS's too.
    """

    name: str
    static: bool
    data_type: str
    allowed: str | None = None
    modifiable: bool = True

    @property
    def apply_type(self) -> str:
        return "static" if self.static else "dynamic"

    def check(self, value: str) -> None:
        """Refuses a value that AWS refuses in a parameter group."""
        if not self.modifiable:
            raise InvalidParameterError(f"The parameter {self.name} cannot be modified.")
        if not self._admits(value):
            raise InvalidParameterError(
                f"Invalid parameter value: {value} for: {self.name} "
                f"allowed values are: {self.allowed}"
            )

    def _admits(self, value: str) -> bool:
        if self.data_type not in ("boolean", "integer", "real"):
            return self.allowed is None or value in self.allowed.split(",")
        pattern = r"-?\d+" if self.data_type != "real" else r"-?\d+(\.\d+)?(e[+-]?\d+)?"
        if not re.fullmatch(pattern, value):
            return False
        if self.data_type == "boolean":
            return value in ("0", "1")
        return self.allowed is None or _within(float(value), self.allowed)


_BOOLEAN = ("boolean", "0,1")
_TEXT = ("string", None)
_LOG_LEVELS = ("list", "disabled,debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log")

RDS_ONLY: Mapping[str, Parameter] = {
    name: Parameter(name, static, data_type, allowed)
    for name, static, (data_type, allowed) in [
        ("rds.accepted_password_auth_method", True, ("list", "md5+scram,scram")),
        ("rds.adaptive_autovacuum", False, _BOOLEAN),
        ("rds.allowed_extensions", False, _TEXT),
        ("rds.custom_dns_resolution", True, _BOOLEAN),
        ("rds.force_admin_logging_level", False, _LOG_LEVELS),
        ("rds.force_autovacuum_logging_level", False, _LOG_LEVELS),
        ("rds.force_ssl", False, _BOOLEAN),
        ("rds.log_retention_period", False, ("integer", "1440-10080")),
        ("rds.logical_replication", True, _BOOLEAN),
        ("rds.rds_superuser_reserved_connections", True, ("integer", "0-8388607")),
        ("rds.restrict_password_commands", True, _BOOLEAN),
    ]
}
"""Parameters of RDS that PostgreSQL doesn't have, so they are not passed to it."""

EXTENSIONS: Mapping[str, Parameter] = {
    name: Parameter(name, static, data_type, allowed)
    for name, static, (data_type, allowed) in [
        ("auto_explain.log_analyze", False, _BOOLEAN),
        ("auto_explain.log_buffers", False, _BOOLEAN),
        ("auto_explain.log_format", False, ("list", "text,xml,json,yaml")),
        ("auto_explain.log_min_duration", False, ("integer", "-1-2147483647")),
        ("auto_explain.log_nested_statements", False, _BOOLEAN),
        ("auto_explain.log_timing", False, _BOOLEAN),
        ("auto_explain.log_triggers", False, _BOOLEAN),
        ("auto_explain.log_verbose", False, _BOOLEAN),
        ("auto_explain.sample_rate", False, ("real", "0-1")),
        ("pg_stat_statements.max", True, ("integer", "100-2147483647")),
        ("pg_stat_statements.save", False, _BOOLEAN),
        ("pg_stat_statements.track", False, ("list", "top,all,none")),
        ("pg_stat_statements.track_planning", False, _BOOLEAN),
        ("pg_stat_statements.track_utility", False, _BOOLEAN),
    ]
}
"""Parameters of the modules that both RDS and Debian's server package can preload."""

PRELOADABLE = frozenset(("auto_explain", "pg_prewarm", "pg_stat_statements"))
"""Modules of PostgreSQL's own packages that RDS allows in shared_preload_libraries."""

_PRELOADABLE_ON_RDS_ONLY = frozenset(
    """orafce pgaudit pg_bigm pg_cron pg_hint_plan pg_similarity pg_tle pg_transport pglogical
    plprofiler""".split()  # noqa: SIM905 - a table of words
)

# Parameters that RDS describes but doesn't allow to be set.
_NOT_MODIFIABLE = frozenset(
    """allow_system_table_mods archive_command archive_library archive_mode
    archive_cleanup_command bonjour bonjour_name cluster_name config_file data_directory
    data_directory_mode data_sync_retry event_source external_pid_file fsync full_page_writes
    hba_file ident_file listen_addresses log_destination log_directory log_file_mode
    log_line_prefix log_truncate_on_rotation logging_collector port primary_conninfo
    primary_slot_name promote_trigger_file recovery_end_command recovery_target
    recovery_target_action recovery_target_inclusive recovery_target_lsn recovery_target_name
    recovery_target_time recovery_target_timeline recovery_target_xid restore_command
    ssl ssl_ca_file ssl_cert_file ssl_crl_dir ssl_crl_file ssl_key_file
    ssl_passphrase_command ssl_passphrase_command_supports_reload ssl_prefer_server_ciphers
    superuser_reserved_connections syslog_facility syslog_ident unix_socket_directories
    unix_socket_group unix_socket_permissions wal_level wal_sync_method
    zero_damaged_pages""".split()  # noqa: SIM905 - a table of words
)

DEFAULTS: Mapping[str, str] = {"rds.force_ssl": "1", "rds.logical_replication": "0"}
"""Values of RDS's default group for the parameters that matter to a server of the sandbox."""


@cache
def catalog() -> Mapping[str, Parameter]:
    """All parameters by name; PostgreSQL's own come from the installed server."""
    answer = subprocess.run(
        [binaries.directory() / "postgres", "--describe-config"],
        capture_output=True,
        text=True,
        check=True,
        **process_options({}),
    )
    own_parameters = {}
    for line in answer.stdout.splitlines():
        name, context, _, kind, _, low, high, *_ = line.split("\t")
        own_parameters[name] = Parameter(
            name=name,
            static=context == "postmaster",
            data_type={"ENUM": "list", "BOOL": "boolean"}.get(kind, kind.lower()),
            allowed="0,1" if kind == "BOOLEAN" else (f"{low}-{high}" if low else None),
            modifiable=name not in _NOT_MODIFIABLE,
        )
    return {**own_parameters, **EXTENSIONS, **RDS_ONLY}


def find(name: str) -> Parameter:
    """The parameter with this name. Raises AWS's error for an unknown one."""
    try:
        return catalog()[name]
    except KeyError:
        raise InvalidParameterError(f"Could not find parameter with name: {name}") from None


def check(values: Mapping[str, str]) -> None:
    """Refuses names and values that RDS refuses, then lets PostgreSQL check the values."""
    for name, value in values.items():
        find(name).check(value)
    _check_modules(values.get("shared_preload_libraries", ""))
    directory = Path(tempfile.mkdtemp(prefix="nexusdb-check-", dir=TEMPORARY))
    try:
        own(directory)
        write_private(directory / "postgresql.conf", render(values))
        answer = subprocess.run(
            [binaries.directory() / "postgres", "-C", "max_connections", "-D", directory],
            capture_output=True,
            text=True,
            **process_options({}),
        )
    finally:
        shutil.rmtree(directory)
    if answer.returncode != 0:
        raise InvalidParameterError(_complaint(answer.stderr))


def render(values: Mapping[str, str]) -> str:
    """The configuration lines for those values whose parameters PostgreSQL has."""
    lines = [
        f"{name} = {_quoted(value)}"
        for name, value in sorted(values.items())
        if name not in RDS_ONLY
    ]
    if switched_on(values, "rds.logical_replication"):
        lines.append("wal_level = 'logical'")
    return "".join(f"{line}\n" for line in lines)


def switched_on(values: Mapping[str, str], name: str) -> bool:
    return values.get(name, DEFAULTS.get(name)) == "1"


def _check_modules(listed: str) -> None:
    """Refuses missing modules, which would keep the server from starting at the next reboot."""
    for module in filter(None, (part.strip() for part in listed.split(","))):
        if module in _PRELOADABLE_ON_RDS_ONLY:
            raise InvalidParameterError(
                f"shared_preload_libraries: RDS has {module}, the sandbox's PostgreSQL doesn't."
            )
        if module not in PRELOADABLE:
            allowed = ", ".join(sorted(PRELOADABLE | _PRELOADABLE_ON_RDS_ONLY))
            raise InvalidParameterError(
                f"Invalid parameter value: {module} for: shared_preload_libraries "
                f"allowed values are: {allowed}"
            )


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n")
    return f"'{escaped}'"


def _within(number: float, allowed: str) -> bool:
    match = re.fullmatch(r"(-?[\d.e+]+)-(-?[\d.e+]+)", allowed)
    return match is not None and float(match.group(1)) <= number <= float(match.group(2))


def _complaint(stderr: str) -> str:
    """PostgreSQL's message, without timestamps, file names and the final line."""
    lines = [re.sub(r"^.*?\b(LOG|DETAIL|HINT|FATAL|ERROR):\s+", "", x) for x in stderr.splitlines()]
    told = [x for x in lines if "configuration file" not in x]
    return re.sub(r' in file ".*?" line \d+', "", " ".join(told)) or stderr.strip()
