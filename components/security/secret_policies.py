"""Who may read each secret: its users, those who administer it, and nobody else.

A statement that denies wins over whatever a role is allowed: a role with secretsmanager:* that
isn't listed reads nothing. Only reading is denied, so the policy itself can always be mended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import secretsmanager

from components.scope import StackScope
from components.security import iam_policies as policies
from config.settings.secrets import SecretSettings

SecretReaders = Mapping[str, Sequence[pulumi.Input[str]]]
"""ARNs of roles by the secret's key."""


@dataclass(frozen=True, kw_only=True)
class SecretPoliciesArgs:
    scope: StackScope
    settings: SecretSettings
    secret_arns: Iterable[Mapping[str, pulumi.Input[str]]]
    """By key, of every store."""
    readers: Iterable[SecretReaders] = ()
    """What reads them inside this stack."""


class SecretPolicies(pulumi.ComponentResource):
    def __init__(
        self, name: str, args: SecretPoliciesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:security:SecretPolicies", name, None, opts)
        readers = _joined(args)
        arns = _each_once(args.secret_arns)
        for key, arn in arns.items():
            secretsmanager.SecretPolicy(
                f"{name}-{key}",
                secret_arn=arn,
                policy=pulumi.Output.all(*readers.pop(key, [])).apply(
                    lambda known: policies.read_only_by(
                        args.scope, args.settings.administrators, known
                    )
                ),
                block_public_policy=True,
                opts=pulumi.ResourceOptions(parent=self),
            )
        if readers:
            raise ValueError(f"readers of secrets that are not there: {', '.join(readers)}")
        self.register_outputs({})


def _each_once(
    of_stores: Iterable[Mapping[str, pulumi.Input[str]]],
) -> dict[str, pulumi.Input[str]]:
    """A key that two stores use would leave one secret open."""
    arns: dict[str, pulumi.Input[str]] = {}
    for of_store in of_stores:
        if twice := arns.keys() & of_store.keys():
            raise ValueError(f"two secrets have the key {', '.join(sorted(twice))}")
        arns |= of_store
    return arns


def _joined(args: SecretPoliciesArgs) -> dict[str, list[pulumi.Input[str]]]:
    joined: dict[str, list[pulumi.Input[str]]] = {
        login: [policies.principal(args.scope, each) for each in listed]
        for login, listed in args.settings.readers.items()
    }
    for readers in args.readers:
        for key, arns in readers.items():
            joined[key] = [*joined.get(key, []), *arns]
    return joined
