"""The catalog of PostgreSQL 15's parameters, against the installed server's own description."""

from __future__ import annotations

from config.aws import catalog
from sandbox.servers.postgres import parameters


def test_the_catalog_holds_what_rds_lets_people_set() -> None:
    described = {name for name, row in parameters.catalog().items() if row.modifiable}
    assert set(catalog.parameter_kinds(15)) == described


def test_a_parameter_is_static_where_the_server_needs_a_restart() -> None:
    kinds = catalog.parameter_kinds(15)
    static = {name for name, row in parameters.catalog().items() if row.static}
    assert {name for name, kind in kinds.items() if kind.static} == static & kinds.keys()


def test_a_parameter_has_the_type_and_the_range_that_the_server_has() -> None:
    described = parameters.catalog()
    for name, kind in catalog.parameter_kinds(15).items():
        row = described[name]
        assert {"enum": "list"}.get(kind.type, kind.type) == row.data_type, name
        if kind.type == "integer" and kind.range is not None:
            assert row.allowed == f"{kind.range[0]:.0f}-{kind.range[1]:.0f}", name
