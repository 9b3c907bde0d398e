"""The foundation project: the network, the image repository and the package mirror, which must
exist before the main project is deployed."""

from __future__ import annotations

from components.network.network import Network, NetworkArgs
from components.outputs import FoundationOutputs, export
from components.scope import StackScope
from components.storage.bucket import Bucket, BucketArgs
from components.storage.ecr_repository import EcrRepository, EcrRepositoryArgs
from config import load

settings = load.foundation()
scope = StackScope.of(settings)
network = Network("network", NetworkArgs(scope=scope, settings=settings.network))
images = EcrRepository(
    "ecr", EcrRepositoryArgs(scope=scope, settings=settings.images, image="pgbouncer")
)
# Mirrors the packages that hosts install, so that replacing a host does not depend on the
# publisher's repository. Disposable because the packages can be downloaded again.
packages = Bucket(
    "packages", BucketArgs(scope=scope, bucket="packages", old_versions_days=90, disposable=True)
)
export(
    FoundationOutputs(
        vpc_id=network.vpc_id,
        vpc_cidr=network.vpc_cidr,
        availability_zones=settings.network.availability_zones,
        subnet_ids=network.subnet_ids,
        peering_ids=network.peering_ids,
        repositories={"pgbouncer": images.url},
        packages_bucket=packages.name,
    )
)
