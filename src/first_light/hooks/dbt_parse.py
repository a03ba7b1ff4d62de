"""The hook that runs `dbt parse`: warnings are errors, except those that the team accepted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from first_light.dbt import accepted_warnings
from first_light.project.settings import read_settings, use
from first_light.utils.errors import DataopsError


def main() -> int:
    """Parse the project in the working directory; the exit code is dbt's."""
    try:
        with use(read_settings(Path(), os.environ)):
            strict = accepted_warnings.option()
    except DataopsError as error:
        print(error, file=sys.stderr)
        return 2
    dbt = Path(sys.executable).with_name("dbt")
    command = [str(dbt), "--quiet", "--warn-error-options", strict, "parse", "--target", "ci"]
    return subprocess.run(command).returncode


if __name__ == "__main__":
    sys.exit(main())
