"""What tests cost is the processor time of their own process and of those that they start."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

HELPERS = Path(__file__).resolve().parents[1] / "helpers"
TESTS = """\
import subprocess, sys, time
BUSY = "import time\\nbegin = time.process_time()\\nwhile time.process_time() < begin + {}: pass"
def test_sleeps(): time.sleep(0.6)
def test_starts(): subprocess.run([sys.executable, "-c", BUSY.format(0.5)], check=True)
def test_works(): exec(BUSY.format(0.2), {})
"""


def test_the_costliest_tests_are_listed(tmp_path: Path) -> None:
    (tmp_path / "test_costs.py").write_text(TESTS)
    command = ["-m", "pytest", "-q", "-n", "1", "-p", "processor_time", "--costliest", "2"]
    done = subprocess.run(
        [sys.executable, *command, "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(HELPERS)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    listed = re.findall(r"^ +([\d.]+) s  \S*?test_costs\.py::(\w+)$", done.stdout, re.MULTILINE)
    assert [name for _, name in listed] == ["test_starts", "test_works"], done.stdout
    assert float(listed[0][0]) >= 0.5
    assert float(listed[1][0]) >= 0.2
