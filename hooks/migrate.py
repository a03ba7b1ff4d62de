"""Run one version's migration: `python hooks/migrate.py v2_0_0`, in the product's folder.

Copier runs it for the one update that crosses the version, once before it renders and once after,
and says which in STAGE. Standard library only: it runs under whatever Python runs Copier.
"""

import importlib
import os
import sys
from pathlib import Path


def main() -> int:
    """Call the stage's function in hooks/migrations/<version>.py, if it has one."""
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    version = importlib.import_module(f"migrations.{sys.argv[1]}")
    stage = getattr(version, os.environ.get("STAGE", "before"), None)
    if stage is not None:
        stage(Path.cwd())
    return 0


if __name__ == "__main__":
    sys.exit(main())
