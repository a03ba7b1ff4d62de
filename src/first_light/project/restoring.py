"""Stop other programs, and restore a committed tree, when a command is stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_SECONDS = 5.0


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def restored(root: Path) -> Iterator[None]:
    """Restore the last commit's files if the block fails or the process is stopped.

    A mark in git's folder says meanwhile that files may be half written: nothing can restore them
    if the process is killed.

    Args:
        root: a repository without uncommitted changes; ignored files stay.
    """
    lock = root / _git(root, "rev-parse", "--git-path", "index.lock").strip()
    locked_before = lock.exists()
    mark = _mark(root)
    is_inner = is_half_written(root)
    with interruptible():
        mark.write_text(_git(root, "rev-parse", "HEAD"), encoding="utf-8")
        try:
            yield
        except BaseException:
            with _undisturbed():
                if not locked_before:  # a git that was stopped leaves its lock
                    lock.unlink(missing_ok=True)
                _git(root, "reset", "--quiet", "--hard", "HEAD")
                _git(root, "clean", "--quiet", "-d", "--force")
            raise
        finally:
            if not is_inner:  # the outer block goes on
                mark.unlink(missing_ok=True)


def is_half_written(root: Path) -> bool:
    """Whether a command was killed that would have restored the files of the last commit."""
    try:
        return _mark(root).read_text(encoding="utf-8") == _git(root, "rev-parse", "HEAD")
    except (OSError, subprocess.CalledProcessError):
        return False


def forget_half_written(root: Path) -> None:
    """Remove the mark of a command that was killed, since its files have been restored."""
    _mark(root).unlink(missing_ok=True)


def _mark(root: Path) -> Path:
    return root / _git(root, "rev-parse", "--git-path", "dataops-half-written").strip()


def run_stoppable(
    command: Sequence[str], cwd: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a program; if this process is stopped, it and all that it started end first.

    Args:
        command: the program and its arguments.
        cwd: its working directory.
        environment: its environment.

    Raises:
        FileNotFoundError: there is no such program.
    """
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output, errors = process.communicate()
    except BaseException:
        _end(process)
        raise
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def _git(root: Path, *arguments: str) -> str:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True).stdout


def _end(process: subprocess.Popen[str]) -> None:
    """End a session: first with SIGTERM, then with SIGKILL."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Ignore further signals meanwhile."""
    is_main = threading.current_thread() is threading.main_thread()
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _SIGNALS if is_main}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
