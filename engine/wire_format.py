"""How Pulumi encodes a secret value in states and on the wire."""

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key that marks an object as a special value."""
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a marker, not a secret
"""The value of that key for a secret."""
