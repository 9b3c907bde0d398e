"""Twenty mended faults: how each looks in today's files, how it looked before, which test tells."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fix:
    """One mended fault. `fixed` stands once in the file; `broken` is what it was before."""

    name: str
    file: str
    fixed: str
    broken: str
    test: str


UNIT = "tests/unit"
EMULATOR = "tests/sandbox/emulator"
FIXES = (
    Fix(
        "a killed component is looked for in the cloud",
        "engine/recovery.py",
        "if creation.component:",
        "if False:",
        f"{UNIT}/engine/test_recovery.py::test_a_component_that_was_being_registered_is_forgotten_"
        "without_a_lookup",
    ),
    Fix(
        "what the state knows is adopted a second time",
        "engine/recovery.py",
        " - known.get(creation.type, set())",
        "",
        f"{UNIT}/engine/test_recovery.py::test_what_the_state_has_recorded_is_no_candidate",
    ),
    Fix(
        "a killed CLI leaves an empty sidecar file",
        "sandbox/variables.py",
        '{paths.state.as_uri()}?metadata=skip"',
        '{paths.state.as_uri()}"',
        f"{UNIT}/engine/test_workspace.py::test_nothing_of_the_callers_accounts_gets_into_a_run",
    ),
    Fix(
        "a lock whose owner's pid was reused is respected",
        "engine/processes/leftovers.py",
        " and owner.create_time() <= taken + 1",
        "",
        f"{UNIT}/engine/test_workspace.py::test_a_lock_whose_owners_number_was_given_to_a_younger_"
        "process_is_broken",
    ),
    Fix(
        "the loss of any log group is critical drift",
        "ops/drift/cloud_findings.py",
        "} - {LOG_GROUP}",
        "}",
        f"{UNIT}/ops/test_drift.py::test_a_change_is_as_severe_as_what_it_endangers",
    ),
    Fix(
        "autoscaling's task count is reported as a change",
        "engine/events.py",
        "if path not in AUTOSCALED.get(step.type, ())",
        "if path",
        f"{UNIT}/engine/test_events.py::test_how_many_tasks_autoscaling_runs_is_no_change",
    ),
    Fix(
        "an error that the engine repeats is shown twice",
        "engine/events.py",
        ".removeprefix(REPEATED)",
        "",
        f"{UNIT}/engine/test_events.py::test_an_error_that_the_engine_repeats_is_shown_once",
    ),
    Fix(
        "alarms can't be listed while another is made",
        "sandbox/emulator/cloudwatch/alarms.py",
        "backend.alarms = Alarms()",
        "backend.alarms = {}",
        f"{EMULATOR}/test_cloudwatch.py::test_alarms_are_listed_while_another_is_made",
    ),
    Fix(
        "a secret's value doesn't follow AWSCURRENT",
        "sandbox/emulator/secretsmanager.py",
        'secret.set_default_version_id(named["move_to_version_id"])',
        "secret.versions",
        f"{EMULATOR}/test_secret_refusals.py::test_a_secrets_value_is_that_of_the_version_that_is_current",
    ),
    Fix(
        "the loss of a repository of images is no critical drift",
        "policy/changes.py",
        "    ecs.REPOSITORY,\n",
        "",
        f"{UNIT}/ops/test_drift.py::test_a_change_is_as_severe_as_what_it_endangers",
    ),
    Fix(
        "the record of what people did is deleted without a waiver",
        "policy/changes.py",
        "return resource.name != AUDIT_LOG",
        "return True",
        f"{UNIT}/policy/test_policy.py::test_resources_that_hold_data_are_neither_replaced_nor_deleted",
    ),
    Fix(
        "of two secrets under one key one stays open",
        "components/security/secret_policies.py",
        "if duplicates := arns.keys() & component_arns.keys():",
        "if duplicates := set[str]():",
        "tests/components/security/test_secret_policies.py::test_two_secrets_of_one_key_are_refused",
    ),
    Fix(
        "a new host can't read the files of the one before",
        "components/clickhouse/scripts/boot.sh",
        "chown --recursive clickhouse:clickhouse",
        "chown clickhouse:clickhouse",
        f"{UNIT}/clickhouse/test_user_data.py::test_the_document_is_the_golden_file",
    ),
    Fix(
        "a volume whose probe fails is formatted",
        "components/clickhouse/scripts/boot.sh",
        'if [ "$found" -eq 2 ]; then',
        'if [ "$found" -ne 0 ]; then',
        f"{UNIT}/clickhouse/test_user_data.py::test_a_volume_with_anything_on_it_is_never_formatted",
    ),
    Fix(
        "the replication of backups isn't made again with its instance",
        "components/backups/backups.py",
        "delete_before_replace=True, replace_with=[args.instance]",
        "delete_before_replace=True",
        "tests/components/backups/test_backups.py"
        "::test_replacing_the_instance_replaces_its_backup_replication[staging]",
    ),
    Fix(
        "a second replication is made before the first is gone",
        "components/backups/backups.py",
        "delete_before_replace=True, replace_with=[args.instance]",
        "replace_with=[args.instance]",
        "tests/components/backups/test_backups.py"
        "::test_single_configurations_of_a_vault_are_deleted_before_they_are_replaced[staging]",
    ),
    Fix(
        "idle clients of a draining pooler are ended at once",
        "images/pgbouncer/entrypoint.sh",
        'kill -TERM "$pooler" 2>/dev/null || return 0',
        'kill -INT "$pooler" 2>/dev/null || return 0',
        f"{UNIT}/pgbouncer/test_image.py::test_the_entrypoint_lets_transactions_finish_before_it_ends_"
        "idle_connections",
    ),
    Fix(
        "the pooler's passwords stay in its environment",
        "images/pgbouncer/entrypoint.sh",
        "unset PGBOUNCER_INI PGBOUNCER_USERLIST TLS_CERTIFICATE TLS_PRIVATE_KEY PGPASSWORD",
        "true",
        f"{UNIT}/pgbouncer/test_image.py::test_what_a_task_carries_lies_in_private_files_and_not_in_"
        "the_poolers_environment",
    ),
    Fix(
        "a missing replica passes the check of the alarms",
        "acceptance/alarms.py",
        "expected_servers = figures.read_replicas + (0 if row.of_replicas else 1)",
        "expected_servers = len(servers)",
        "tests/acceptance/test_alarms.py::test_fewer_replicas_than_documented_are_red_though_those_"
        "there_have_their_alarms[0]",
    ),
    Fix(
        "tags of an instance that isn't there are taken and forgotten",
        "sandbox/emulator/rds/instances.py",
        'if found is None and kind == "db":',
        'if found is None and kind == "never":',
        f"{EMULATOR}/test_rds.py::test_what_aws_refuses_is_refused",
    ),
)
