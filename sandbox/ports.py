"""The local port behind an emulated listener, which also has the port that was requested."""

SANDBOX_PORT = "sandbox.port"
"""The emulator's own listener attribute that holds the local port."""
