"""The environment variables of an engine run: the sandbox's own, without the caller's credentials.

The run, its CLI and its plugins see the same variables; boto3 and libpq then reach the sandbox with
no argument of their own, exactly as they would reach a real account from these variables.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sandbox.paths import SandboxPaths
from sandbox.servers import processes

REGION = "us-east-1"
PASSED_ON = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "TERM", "NO_COLOR"),
    *("LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "XDG_CACHE_HOME", "PYTHONPATH", "COLUMNS"),
    "NEXUSDB_KILL_AT",  # the kill hook of the plugins, for tests
)
"""The only variables that a run inherits: never an AWS_PROFILE or a PGPASSWORD."""


def aws_variables(endpoint: str, region: str = REGION) -> dict[str, str]:
    """Points any AWS SDK at the emulator, with credentials that are valid nowhere else."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }


def run_variables(
    paths: SandboxPaths, endpoint: str, region: str = REGION, caller: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The complete environment of an engine run."""
    return {
        **{name: caller[name] for name in PASSED_ON if name in caller},
        **aws_variables(endpoint, region),
        # the caller's ~/.aws must not be read either
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "PGSSLROOTCERT": str(paths.ca_certificate),
        "PGPASSFILE": os.devnull,
        "PGSERVICEFILE": os.devnull,
        "PULUMI_HOME": str(paths.pulumi_home),
        # without the .attrs files beside each checkpoint, which are not written atomically: a
        # killed CLI left an empty one, and the state could not be loaded any more
        "PULUMI_BACKEND_URL": f"{paths.state.as_uri()}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(paths.passphrase),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_DEBUG_COMMANDS": "true",  # the CLI hides --event-log and --client without it
        "GRPC_ENABLE_FORK_SUPPORT": "0",  # gRPC warns on stderr at each process we start
        "NEXUSDB_RUN_PID": str(os.getpid()),
        **processes.variables(paths, processes.ENGINE),
    }


@contextmanager
def applied(variables: Mapping[str, str]) -> Iterator[None]:
    """Replaces all environment variables of this process while inside."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
