"""How Pulumi writes a secret where a plain value would stand: in states and on the wire."""

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key that says of an object that it is no plain one."""
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark, not a secret
"""Its value where the object is a secret."""
