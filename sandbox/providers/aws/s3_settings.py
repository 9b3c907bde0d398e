"""What a bucket is like, each a resource of its own: S3 reads and writes every one as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.providers.aws.resource import PROVIDER, AwsResourceType
from sandbox.providers.aws.s3 import ABSENT
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, NotFound, Property, empty
from sandbox.providers.wire import Properties, has_unknown

BUCKET = Property(required=True, bound=True, replaces=PROVIDER)
WORDS: Mapping[str, str] = {
    "id": "ID",
    "kmsMasterKeyId": "KMSMasterKeyID",
    "mfaDelete": "MFADelete",
    "sseAlgorithm": "SSEAlgorithm",
}
"""S3's spelling where it isn't the provider's with a capital letter."""


class BucketSetting(AwsResourceType):
    """A setting under the bucket's name.

    `call` is the noun of S3's put and get calls, `remove` the whole name of its delete call;
    `argument` holds the content; `missing` is S3's code for a bucket without the setting.
    """

    service = "s3"
    call: str
    argument: str
    missing: str
    remove: str
    nested: frozenset[str] = frozenset()
    """The keys that the sandbox knows at any depth of the setting."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.absent = ABSENT | {cls.missing}

    def content(self, inputs: Properties) -> Any:
        raise NotImplementedError(self.token)

    def found(self, answer: Mapping[str, Any]) -> Properties:
        raise NotImplementedError(self.token)

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        return [
            (name, f"the sandbox does not know {key} in {self.token}")
            for name, value in inputs.items()
            if self.nested and isinstance(value, list | dict)
            for key in sorted(_keys(value) - self.nested)
        ]

    def same(self, name: str, actual: Any, desired: Any) -> bool:
        if name in self.documents:
            return super().same(name, actual, desired)
        return bool(_bare(actual) == _bare(desired))

    def create(self, aws: Aws, inputs: Properties) -> Created:
        self._put(aws, inputs["bucket"], inputs)
        return Created(inputs["bucket"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        answer = self._call(aws, f"get_{self.call}", resource_id)
        live = {**self.found(answer), "bucket": resource_id}
        # the program's own way to say the same
        kept = {
            name: state[name]
            for name in live
            if not has_unknown(state.get(name))
            and not empty(state.get(name))
            and self.same(name, live[name], state[name])
        }
        return live | kept

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        with self.existing():
            self._put(aws, resource_id, inputs)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        if self.read(aws, resource_id, state) is None:
            raise NotFound(resource_id)
        with self.existing():
            self._call(aws, self.remove, resource_id)

    def _put(self, aws: Aws, bucket: str, inputs: Properties) -> None:
        self._call(aws, f"put_{self.call}", bucket, **{self.argument: self.content(inputs)})

    def _call(self, aws: Aws, name: str, bucket: str, **arguments: Any) -> Mapping[str, Any]:
        call: Callable[..., Mapping[str, Any]] = getattr(aws.client("s3"), name)
        return call(Bucket=bucket, **arguments)


class BucketPublicAccessBlock(BucketSetting):
    token = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    call, remove = "public_access_block", "delete_public_access_block"
    argument = "PublicAccessBlockConfiguration"
    missing = "NoSuchPublicAccessBlockConfiguration"
    properties = {
        "bucket": BUCKET,
        "blockPublicAcls": Property("BlockPublicAcls", default=False, bound=True),
        "blockPublicPolicy": Property("BlockPublicPolicy", default=False, bound=True),
        "ignorePublicAcls": Property("IgnorePublicAcls", default=False, bound=True),
        "restrictPublicBuckets": Property("RestrictPublicBuckets", default=False, bound=True),
    }

    def content(self, inputs: Properties) -> Any:
        return self.arguments(inputs)

    def found(self, answer: Mapping[str, Any]) -> Properties:
        return self.bound_values(answer[self.argument])


class BucketVersioning(BucketSetting):
    """Versioning can be suspended but never taken away; the provider's delete suspends it."""

    token = "aws:s3/bucketVersioning:BucketVersioning"
    call, remove = "bucket_versioning", ""
    argument = "VersioningConfiguration"
    missing = "NoSuchBucket"
    nested = frozenset({"status", "mfaDelete"})
    properties = {
        "bucket": BUCKET,
        "versioningConfiguration": Property(required=True, bound=True),
    }

    def content(self, inputs: Properties) -> Any:
        return to_api(inputs["versioningConfiguration"])

    def found(self, answer: Mapping[str, Any]) -> Properties:
        known = {key: value for key, value in answer.items() if key != "ResponseMetadata"}
        return {"versioningConfiguration": from_api(known)}

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            self._put(aws, resource_id, {"versioningConfiguration": {"status": "Suspended"}})


class BucketServerSideEncryptionConfiguration(BucketSetting):
    token = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    call, remove = "bucket_encryption", "delete_bucket_encryption"
    argument = "ServerSideEncryptionConfiguration"
    missing = "ServerSideEncryptionConfigurationNotFoundError"
    nested = frozenset(
        {"applyServerSideEncryptionByDefault", "sseAlgorithm", "kmsMasterKeyId", "bucketKeyEnabled"}
    )
    properties = {"bucket": BUCKET, "rules": Property(required=True, bound=True)}

    def content(self, inputs: Properties) -> Any:
        return {"Rules": to_api(inputs["rules"])}

    def found(self, answer: Mapping[str, Any]) -> Properties:
        return {"rules": from_api(answer[self.argument]["Rules"])}


class BucketOwnershipControls(BucketSetting):
    token = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
    call, remove = "bucket_ownership_controls", "delete_bucket_ownership_controls"
    argument = "OwnershipControls"
    missing = "OwnershipControlsNotFoundError"
    nested = frozenset({"objectOwnership"})
    properties = {"bucket": BUCKET, "rule": Property(required=True, bound=True)}

    def content(self, inputs: Properties) -> Any:
        return {"Rules": [to_api(inputs["rule"])]}

    def found(self, answer: Mapping[str, Any]) -> Properties:
        return {"rule": from_api(answer[self.argument]["Rules"][0])}


class BucketLifecycleConfiguration(BucketSetting):
    token = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    call, remove = "bucket_lifecycle_configuration", "delete_bucket_lifecycle"
    argument = "LifecycleConfiguration"
    missing = "NoSuchLifecycleConfiguration"
    nested = frozenset(
        {
            *("id", "status", "filter", "prefix", "expiration", "days"),
            *("expiredObjectDeleteMarker", "transitions", "storageClass"),
            *("noncurrentVersionExpiration", "noncurrentDays"),
            *("abortIncompleteMultipartUpload", "daysAfterInitiation"),
        }
    )
    properties = {"bucket": BUCKET, "rules": Property(required=True, bound=True)}

    def content(self, inputs: Properties) -> Any:
        # S3 wants a filter in every rule; an empty one is for the whole bucket
        return {"Rules": [{"Filter": {}, **rule} for rule in to_api(inputs["rules"])]}

    def found(self, answer: Mapping[str, Any]) -> Properties:
        return {"rules": from_api(answer["Rules"])}


class BucketPolicy(BucketSetting):
    token = "aws:s3/bucketPolicy:BucketPolicy"
    cfn = "AWS::S3::BucketPolicy"
    call, remove = "bucket_policy", "delete_bucket_policy"
    argument = "Policy"
    missing = "NoSuchBucketPolicy"
    documents = frozenset({"policy"})
    properties = {
        "bucket": BUCKET,
        "policy": Property("PolicyDocument", required=True, bound=True),
    }

    def content(self, inputs: Properties) -> Any:
        return inputs["policy"]

    def found(self, answer: Mapping[str, Any]) -> Properties:
        return {"policy": answer["Policy"]}


def to_api(value: Any) -> Any:
    """The provider's names as S3 spells them."""
    return _renamed(value, lambda key: WORDS.get(key, key[:1].upper() + key[1:]))


def from_api(value: Any) -> Any:
    theirs = {api: name for name, api in WORDS.items()}
    return _renamed(value, lambda key: theirs.get(key, key[:1].lower() + key[1:]))


def _renamed(value: Any, rename: Callable[[str], str]) -> Any:
    if isinstance(value, Mapping):
        return {rename(key): _renamed(item, rename) for key, item in value.items()}
    return [_renamed(item, rename) for item in value] if isinstance(value, list) else value


def _keys(value: Any) -> set[str]:
    if isinstance(value, Mapping):
        return set(value) | {key for item in value.values() for key in _keys(item)}
    return {key for item in value for key in _keys(item)} if isinstance(value, list) else set()


def _bare(value: Any) -> Any:
    """Without what says no more than leaving it out."""
    if isinstance(value, Mapping):
        bare = {key: _bare(item) for key, item in value.items()}
        return {key: item for key, item in bare.items() if item is not False and not empty(item)}
    return [_bare(item) for item in value] if isinstance(value, list) else value


RESOURCE_TYPES = (
    BucketPublicAccessBlock(),
    BucketVersioning(),
    BucketServerSideEncryptionConfiguration(),
    BucketOwnershipControls(),
    BucketLifecycleConfiguration(),
    BucketPolicy(),
)
