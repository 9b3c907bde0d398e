"""What the EC2 types share: tags, identification by id, and answers of describe calls."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.resource import AwsResourceType, tag_changes, tag_list, tag_map
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created
from sandbox.providers.wire import Properties


class Ec2Resource(AwsResourceType):
    """A type that EC2 describes by id and tags by its own calls.

    `noun` is EC2's name of the type in tag specifications; `describe` the call, the argument that
    takes ids, and the key of its answer; `id_key` where the id stands in a described item.
    """

    service = "ec2"
    noun: str
    describe_call: tuple[str, str, str]
    id_key: str

    def call_create(self, aws: Aws, arguments: dict[str, Any], inputs: Properties) -> Created:
        raise NotImplementedError(self.token)

    def create(self, aws: Aws, inputs: Properties) -> Created:
        arguments = self.arguments(inputs)
        if inputs.get("tags"):
            arguments["TagSpecifications"] = [
                {"ResourceType": self.noun, "Tags": tag_list(inputs["tags"])}
            ]
        return self.call_create(aws, arguments, inputs)

    def described(self, aws: Aws, resource_id: str) -> dict[str, Any] | None:
        call, argument, key = self.describe_call
        answer = getattr(aws.client("ec2"), call)(**{argument: [resource_id]})
        items: list[dict[str, Any]] = answer[key]
        return items[0] if items else None

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        item = self.described(aws, resource_id)
        if item is None:
            return None
        live = self.bound_values(item) | self.details(aws, resource_id, item)
        if "tags" in self.properties:
            live["tags"] = tag_map(item.get("Tags"))
        return live

    def details(self, aws: Aws, resource_id: str, item: dict[str, Any]) -> Properties:
        """Live values that stand elsewhere than under their API name."""
        return {}

    def change(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        """Brings over what is changed besides the tags."""

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        with self.existing():
            if "tags" in changed:
                update_tags(aws, resource_id, state, inputs)
            self.change(aws, resource_id, state, inputs, changed - {"tags"})


def update_tags(aws: Aws, resource_id: str, state: Properties, inputs: Properties) -> None:
    """EC2's tags of any resource, from those of `state` to those of `inputs`."""
    wanted, unwanted = tag_changes(state, inputs)
    ec2 = aws.client("ec2")
    if unwanted:
        ec2.delete_tags(Resources=[resource_id], Tags=[{"Key": key} for key in unwanted])
    if wanted:
        ec2.create_tags(Resources=[resource_id], Tags=tag_list(wanted))
