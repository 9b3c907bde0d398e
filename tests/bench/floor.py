"""The floor of a preview: as many flat resources, the same SDK modules, the same plugins.

It takes the place of a project's `__main__.py` in a copy of the project, with `floor.json` of the
project that it is the floor of beside it. What the real program takes beyond this is its own.
"""

import importlib
import json
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pulumi_random as random

FLOOR = json.loads((Path(__file__).parent / "floor.json").read_text())
for module in FLOOR["modules"]:
    importlib.import_module(module)

if "postgresql" in FLOOR["packages"]:
    import pulumi_postgresql as postgresql

    server = postgresql.Provider("server", host="127.0.0.1", username="nobody", password="none")
if "pulumi-python" in FLOOR["packages"]:
    from pulumi import dynamic

    class Nothing(dynamic.ResourceProvider):
        def create(self, props: dict[str, object]) -> dynamic.CreateResult:
            return dynamic.CreateResult("nothing", props)

    class Flat(dynamic.Resource):
        pass

    Flat(Nothing(), "dynamic", {})
random.RandomBytes("random", length=8)
for number in range(FLOOR["resources"]):
    aws.cloudwatch.LogGroup(f"group-{number}", name=f"/{pulumi.get_project()}/{number}")
pulumi.export("resources", FLOOR["resources"])
