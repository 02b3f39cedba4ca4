"""`pasvar ...`: a module per command."""

from pasvar.cli.main import main

__all__ = ["main"]
