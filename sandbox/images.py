"""Puts a stand-in for a container image into the emulated repository.

On AWS somebody builds and pushes the image and writes its digest into the stack file; here the
digest is all there is of an image: no container runs.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True)
class Image:
    """An image as a stack file names it."""

    repository: str
    """The repository's name in the registry."""
    version: str
    digest: str


def push(ecr: Any, image: Image) -> None:
    """Pushes the image unless it is there already; `ecr` is a boto3 client."""
    present = ecr.list_images(repositoryName=image.repository)["imageIds"]
    if image.digest in {each.get("imageDigest") for each in present}:
        return
    ecr.put_image(
        repositoryName=image.repository,
        imageManifest=_manifest(image.digest),
        imageManifestMediaType=MEDIA_TYPE,
        imageTag=f"{image.version}-{image.digest.removeprefix('sha256:')[:12]}",
        imageDigest=image.digest,
    )


def _manifest(digest: str) -> str:
    """A different manifest for each image: a registry takes two equal ones for the same image."""
    layer = f"sha256:{hashlib.sha256(digest.encode()).hexdigest()}"
    layers = [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": layer, "size": 0}]
    return json.dumps({"schemaVersion": 2, "mediaType": MEDIA_TYPE, "layers": layers})
