"""One seed for every random test of a run: printed at the end, and accepted as `--seed`.

Each test gets a random state of its own from the seed and its name, so that one test alone repeats
what it did among the others. Hypothesis draws from the same seed.

Where neither `--seed` nor TEST_SEED gives it, each run draws a new one.
"""

from __future__ import annotations

import os
import random

import pytest

# The workers of a run are processes of their own: they inherit the seed.
_VARIABLE = "TEST_SEED"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--seed",
        type=int,
        default=None,
        help="the seed of every random test; otherwise TEST_SEED, or a new one",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    given = config.getoption("--seed")
    inherited = os.environ.get(_VARIABLE)
    seed = given if given is not None else int(inherited or random.SystemRandom().getrandbits(32))
    os.environ[_VARIABLE] = str(seed)
    if config.getoption("--hypothesis-seed") is None:
        config.option.hypothesis_seed = str(seed)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    seed = os.environ[_VARIABLE]
    terminalreporter.write_line(f"seed {seed}; to repeat it: make test SEED={seed}")


@pytest.fixture(autouse=True)
def _random_state(request: pytest.FixtureRequest) -> None:
    random.seed(f"{os.environ[_VARIABLE]} {request.node.nodeid}")
