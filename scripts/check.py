"""The one gate. Without arguments every check and every test; with arguments pytest on them.

The checks before pytest report and go on, so that the last lines are always pytest's summary;
any failure makes the exit code non-zero. Run by `scripts/test` in `.venv`.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from persistence.embedded import EmbeddedPostgres  # noqa: E402 - after the path is set

BIN = Path(sys.executable).parent
CODE = ("app", "domain", "persistence", "scripts", "tests")
GATES = {
    "lint": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    "types": ["mypy", *CODE],
    "layers": ["lint-imports"],
}
TEST_DATABASE_URL = "PLANGATE_TEST_DATABASE_URL"
WORKERS_MAX = 4


def main() -> int:
    if sys.argv[1:]:
        return pytest(*sys.argv[1:])
    passed = [gate(name, command) for name, command in GATES.items()]
    tests = pytest("-n", str(min(os.cpu_count() or 1, WORKERS_MAX)), "--dist", "loadfile")
    return tests if all(passed) else tests or 1


def gate(name: str, command: list[str]) -> bool:
    """Run one check; its output is shown only if it fails."""
    began = time.monotonic()
    done = subprocess.run(
        [BIN / command[0], *command[1:]], check=False, cwd=ROOT, capture_output=True, text=True
    )
    word = "passed" if done.returncode == 0 else "FAILED"
    if done.returncode != 0:
        print(done.stdout + done.stderr)
    print(f"{name}: {word} in {time.monotonic() - began:.0f} s", flush=True)
    return done.returncode == 0


def pytest(*arguments: str) -> int:
    """Run pytest, all its workers on one throw-away server if many will need it."""
    command = [sys.executable, "-m", "pytest", *arguments]
    if TEST_DATABASE_URL in os.environ or "-n" not in arguments:
        return subprocess.call(command, cwd=ROOT)  # a test that needs a server starts one
    with (
        tempfile.TemporaryDirectory(prefix="plangate-test-") as directory,
        EmbeddedPostgres(Path(directory), durable=False) as server,
    ):
        environment = os.environ | {TEST_DATABASE_URL: server.url_of("postgres")}
        return subprocess.call(command, cwd=ROOT, env=environment)


if __name__ == "__main__":
    # An ended run stops its database too.
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda number, _frame: sys.exit(128 + number))
    sys.exit(main())
