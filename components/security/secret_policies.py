"""Resource policies of all secrets: only the listed readers and administrators can read a secret.

The policies deny everybody else. An explicit deny overrides any allow: even a role with
secretsmanager:* reads nothing unless it is listed. Only reading is denied, so that a wrong policy
can still be corrected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import secretsmanager

from components.scope import StackScope
from components.security import iam_policies
from config.settings.secrets import SecretSettings

SecretReaders = Mapping[str, Sequence[pulumi.Input[str]]]
"""ARNs of the IAM roles that read a secret, by secret key."""


@dataclass(frozen=True, kw_only=True)
class SecretPoliciesArgs:
    scope: StackScope
    settings: SecretSettings
    secret_arns: Iterable[Mapping[str, pulumi.Input[str]]]
    """Secret ARNs by secret key, one mapping per component."""
    readers: Iterable[SecretReaders] = ()
    """Readers that belong to this stack, one mapping per component. Readers outside the stack are
    in the settings."""


class SecretPolicies(pulumi.ComponentResource):
    """One resource policy per secret.

    Raises ValueError if two secrets have the same key, or if readers name an unknown secret.
    """

    def __init__(
        self, name: str, args: SecretPoliciesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:security:SecretPolicies", name, None, opts)
        readers = _all_readers(args)
        for key, arn in _all_secrets(args.secret_arns).items():
            secretsmanager.SecretPolicy(
                f"{name}-{key}",
                secret_arn=arn,
                policy=pulumi.Output.all(*readers.pop(key, [])).apply(
                    lambda reader_arns: iam_policies.read_only_by(
                        args.scope, args.settings.administrators, reader_arns
                    )
                ),
                block_public_policy=True,
                opts=pulumi.ResourceOptions(parent=self),
            )
        if readers:
            raise ValueError(f"readers are given for unknown secrets: {', '.join(readers)}")
        self.register_outputs({})


def _all_secrets(
    secret_arns: Iterable[Mapping[str, pulumi.Input[str]]],
) -> dict[str, pulumi.Input[str]]:
    """The mappings of all components as one. A key that occurs twice is refused: one of the two
    secrets would get no policy."""
    arns: dict[str, pulumi.Input[str]] = {}
    for component_arns in secret_arns:
        if duplicates := arns.keys() & component_arns.keys():
            raise ValueError(f"two secrets have the key {', '.join(sorted(duplicates))}")
        arns |= component_arns
    return arns


def _all_readers(args: SecretPoliciesArgs) -> dict[str, list[pulumi.Input[str]]]:
    """ARNs of the readers from the settings and of the components, by secret key."""
    reader_arns: dict[str, list[pulumi.Input[str]]] = {
        key: [iam_policies.principal(args.scope, name) for name in names]
        for key, names in args.settings.readers.items()
    }
    for readers in args.readers:
        for key, arns in readers.items():
            reader_arns[key] = [*reader_arns.get(key, []), *arns]
    return reader_arns
