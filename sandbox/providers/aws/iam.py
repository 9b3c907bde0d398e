"""Roles, their inline policies and the managed policies attached to them."""

from __future__ import annotations

import json

from sandbox.providers.aws.resource import (
    ARN,
    PROVIDER,
    REGISTRY,
    TAGS,
    AwsResourceType,
    tag_changes,
    tag_list,
    tag_map,
)
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, NotFound, Property
from sandbox.providers.wire import Properties

_ABSENT = frozenset({"NoSuchEntity", "NoSuchEntityException"})


class _IamResource(AwsResourceType):
    """IAM is global: its resources have no region."""

    service = "iam"
    regional = False
    absent = _ABSENT


class Role(_IamResource):
    token = "aws:iam/role:Role"
    cfn = "AWS::IAM::Role"
    named_by, autonames = "name", True
    documents = frozenset({"assumeRolePolicy"})
    properties = {
        "name": Property("RoleName", bound=True, replaces=REGISTRY),
        "path": Property("Path", default="/", bound=True, replaces=REGISTRY),
        "assumeRolePolicy": Property("AssumeRolePolicyDocument", required=True, bound=True),
        "description": Property("Description", default="", bound=True),
        "maxSessionDuration": Property("MaxSessionDuration", default=3600, bound=True),
        "permissionsBoundary": Property("PermissionsBoundary", bound=True),
        "forceDetachPolicies": Property(default=False),
        "tags": TAGS,
        "arn": ARN,
        "uniqueId": Property("RoleId", output=True),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        arguments = self.arguments(inputs)
        aws.client("iam").create_role(**arguments, Tags=tag_list(inputs["tags"]))
        return Created(inputs["name"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        role = aws.client("iam").get_role(RoleName=resource_id)["Role"]
        return {
            **self.bound_values(role),
            "assumeRolePolicy": json.dumps(role["AssumeRolePolicyDocument"]),
            "description": role.get("Description", ""),
            "permissionsBoundary": role.get("PermissionsBoundary", {}).get(
                "PermissionsBoundaryArn"
            ),
            "arn": role["Arn"],
            "tags": tag_map(role.get("Tags")),
        }

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        iam = aws.client("iam")
        with self.existing():
            if "assumeRolePolicy" in changed:
                iam.update_assume_role_policy(
                    RoleName=resource_id, PolicyDocument=inputs["assumeRolePolicy"]
                )
            if changed & {"description", "maxSessionDuration"}:
                iam.update_role(
                    RoleName=resource_id,
                    Description=inputs["description"],
                    MaxSessionDuration=inputs["maxSessionDuration"],
                )
            boundary = inputs.get("permissionsBoundary")
            if "permissionsBoundary" in changed and boundary:
                iam.put_role_permissions_boundary(
                    RoleName=resource_id, PermissionsBoundary=boundary
                )
            elif "permissionsBoundary" in changed:
                iam.delete_role_permissions_boundary(RoleName=resource_id)
            wanted, unwanted = tag_changes(state, inputs)
            if unwanted:
                iam.untag_role(RoleName=resource_id, TagKeys=unwanted)
            if wanted:
                iam.tag_role(RoleName=resource_id, Tags=tag_list(wanted))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        iam = aws.client("iam")
        with self.existing():
            if state.get("forceDetachPolicies"):
                for policy in iam.list_attached_role_policies(RoleName=resource_id)[
                    "AttachedPolicies"
                ]:
                    iam.detach_role_policy(RoleName=resource_id, PolicyArn=policy["PolicyArn"])
                for name in iam.list_role_policies(RoleName=resource_id)["PolicyNames"]:
                    iam.delete_role_policy(RoleName=resource_id, PolicyName=name)
            iam.delete_role(RoleName=resource_id)


class RolePolicy(_IamResource):
    token = "aws:iam/rolePolicy:RolePolicy"
    cfn = "AWS::IAM::RolePolicy"
    named_by, autonames = "name", True
    documents = frozenset({"policy"})
    properties = {
        "name": Property("PolicyName", bound=True, replaces=REGISTRY),
        "role": Property("RoleName", required=True, bound=True, replaces=REGISTRY),
        "policy": Property("PolicyDocument", required=True, bound=True),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        self._put(aws, inputs)
        return Created(f"{inputs['role']}:{inputs['name']}")

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        role, _, name = resource_id.partition(":")
        found = aws.client("iam").get_role_policy(RoleName=role, PolicyName=name)
        return {**self.bound_values(found), "policy": json.dumps(found["PolicyDocument"])}

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        with self.existing():
            self._put(aws, inputs)

    def _put(self, aws: Aws, inputs: Properties) -> None:
        aws.client("iam").put_role_policy(**self.arguments(inputs))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        role, _, name = resource_id.partition(":")
        with self.existing():
            aws.client("iam").delete_role_policy(RoleName=role, PolicyName=name)


class RolePolicyAttachment(_IamResource):
    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    properties = {
        "role": Property("RoleName", required=True, bound=True, replaces=PROVIDER),
        "policyArn": Property("PolicyArn", required=True, bound=True, replaces=PROVIDER),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        aws.client("iam").attach_role_policy(**self.arguments(inputs))
        return Created(f"{inputs['role']}/{inputs['policyArn']}")

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        role, _, policy = resource_id.partition("/")
        pages = aws.client("iam").get_paginator("list_attached_role_policies")
        attached = (
            item["PolicyArn"]
            for page in pages.paginate(RoleName=role)
            for item in page["AttachedPolicies"]
        )
        return {"role": role, "policyArn": policy} if policy in attached else None

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        if self.read(aws, resource_id, state) is None:
            raise NotFound(resource_id)
        with self.existing():
            aws.client("iam").detach_role_policy(
                RoleName=state["role"], PolicyArn=state["policyArn"]
            )


RESOURCE_TYPES = (Role(), RolePolicy(), RolePolicyAttachment())
