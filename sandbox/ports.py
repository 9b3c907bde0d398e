"""How a port of this machine is told beside the one that was asked for."""

SANDBOX_PORT = "sandbox.port"
"""The attribute of a listener, the emulator's own, that holds it."""
