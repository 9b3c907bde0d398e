"""Puts a stand-in of the image that the stack file names into the emulated repository.

On AWS somebody builds, pushes and then writes the digest down; here the digest is all there is to
an image: no container runs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from acceptance import logins
from engine.projects import MAIN, read_yaml
from sandbox.paths import Home
from sandbox.variables import aws_variables

MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"


def push(home: Home, endpoint: str, region: str, foundation: Mapping[str, Any]) -> None:
    """Pushes what isn't there yet."""
    image = _stated(home)
    url = (foundation.get("repositories") or {}).get("pgbouncer")
    if not image or not url:
        return
    ecr = logins.aws_client("ecr", aws_variables(endpoint, region))
    repository, digest = str(url).partition("/")[2], str(image["digest"])
    present = ecr.list_images(repositoryName=repository)["imageIds"]
    if digest in {each.get("imageDigest") for each in present}:
        return
    ecr.put_image(
        repositoryName=repository,
        imageManifest=_manifest(digest),
        imageManifestMediaType=MEDIA_TYPE,
        imageTag=f"{image['version']}-{digest.removeprefix('sha256:')[:12]}",
        imageDigest=digest,
    )


def _stated(home: Home) -> Mapping[str, Any] | None:
    file = MAIN.source(home.project_root) / f"Pulumi.{home.environment}.yaml"
    config = read_yaml(file).get("config") or {}
    pooler = config.get("nexusflow:pgbouncer") or {}
    found: Mapping[str, Any] | None = pooler.get("image")
    return found


def _manifest(digest: str) -> str:
    """A manifest of its own for each image: a registry knows two alike as one."""
    layer = f"sha256:{hashlib.sha256(digest.encode()).hexdigest()}"
    layers = [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": layer, "size": 0}]
    return json.dumps({"schemaVersion": 2, "mediaType": MEDIA_TYPE, "layers": layers})
