"""Makes a checkout ready to run: `.venv` from a lock file, and the Explorer's static files.

    prepare.py serve    what the server needs
    prepare.py test     what the checks need besides

Standard library only. Stamps make it free when nothing changed: no pip, no npm.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "plangate-stamp.json"
LOCKS = {"serve": "requirements.lock", "test": "requirements-dev.lock"}
NODE_LOCK = "requirements-node.lock"
NODE_VERSIONS_MIN = {20: 19, 22: 12}  # Vite's own minimum, by major version; newer ones do
DOWNLOAD_TRIES_MAX = 3
PAUSE_S = 5
# Of a slow index; the machine's own settings go first.
PIP_DEFAULTS = {"PIP_DEFAULT_TIMEOUT": "60", "PIP_RETRIES": "10"}
EXPLORER = ROOT / "app" / "explorer"


def main() -> None:
    purpose = sys.argv[1] if len(sys.argv) == 2 else ""
    if purpose not in LOCKS:
        fail("prepare.py takes one argument, serve or test.")
    # Two scripts started at once take turns.
    with (ROOT / "pyproject.toml").open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        install(purpose)
        build_explorer()


def install(purpose: str) -> None:
    """Make `.venv` hold what the lock says; the test lock also serves for serving."""
    wanted = {
        "python": [*sys.version_info[:3], os.path.realpath(sys.executable)],
        "files": digest(
            ROOT / name for name in ("pyproject.toml", *sorted(LOCKS.values()), NODE_LOCK)
        ),
    }
    try:
        have = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        have = {}
    if {name: have.get(name) for name in wanted} == wanted and (
        have["purpose"] in {purpose, "test"}
    ):
        return
    say(f"installing what {LOCKS[purpose]} lists into .venv")
    STAMP.unlink(missing_ok=True)
    if have.get("python") != wanted["python"] or not (VENV / "bin" / "python").exists():
        make_venv()
    pip("--require-hashes", "--requirement", str(ROOT / LOCKS[purpose]))
    pip("--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    STAMP.write_text(json.dumps(wanted | {"purpose": purpose}), encoding="utf-8")


def make_venv() -> None:
    try:
        import ensurepip  # noqa: F401 - Debian packs it apart
    except ImportError:
        fail("This Python has no venv module; on Debian: apt-get install python3-venv.")
    venv.create(VENV, clear=True, with_pip=True, symlinks=True)


def pip(*arguments: str) -> None:
    log_path = VENV / "install.log"
    command = [str(VENV / "bin" / "python"), "-m", "pip", "install", *arguments]
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    if not downloads(command, log_path, PIP_DEFAULTS | os.environ | quiet):
        last = log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]
        print("\n".join(last), file=sys.stderr)
        fail(f"Installing failed; {log_path} says why.")


def downloads(
    command: list[str], log_path: Path, environment: Mapping[str, str], cwd: Path = ROOT
) -> bool:
    """Run what fetches from a network until it succeeds, a few times; whether it did."""
    for tries_left in reversed(range(DOWNLOAD_TRIES_MAX)):
        if runs(command, log_path, environment, cwd):
            return True
        if tries_left:
            say(f"a download failed ({log_path} says why); trying again")
            time.sleep(PAUSE_S)
    return False


def runs(command: list[str], log_path: Path, environment: Mapping[str, str], cwd: Path) -> bool:
    with log_path.open("ab") as log:
        done = subprocess.run(
            command, check=False, cwd=cwd, env=environment, stdout=log, stderr=log
        )
    return done.returncode == 0


def build_explorer() -> None:
    """Build GraphiQL when its sources changed. A server without it still serves the API."""
    if not (EXPLORER / "package.json").exists():
        return
    sources = [
        path
        for path in sorted(EXPLORER.rglob("*"))
        if path.is_file() and not {"node_modules", "dist"} & set(path.relative_to(EXPLORER).parts)
    ]
    wanted = digest(sources)
    stamp = EXPLORER / "dist" / "stamp"
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return
    say("building the Explorer")
    environment = os.environ | {"PATH": node_path()}
    log_path = VENV / "explorer-build.log"
    log_path.unlink(missing_ok=True)
    install = ["npm", "ci", "--no-audit", "--no-fund", "--no-update-notifier"]
    if not (
        downloads(install, log_path, environment, EXPLORER)
        and runs(["npm", "run", "build"], log_path, environment, EXPLORER)
    ):
        say(f"the Explorer could not be built ({log_path} says why); serving without it")
        return
    stamp.write_text(wanted, encoding="ascii")


def node_path() -> str:
    """A PATH whose `node` is new enough: the machine's, else the one in a wheel in `.venv`."""
    path = os.environ.get("PATH", os.defpath)
    node = shutil.which("node")
    if node is not None and shutil.which("npm") is not None:
        shown = subprocess.run([node, "--version"], check=False, capture_output=True, text=True)
        version = shown.stdout.strip().removeprefix("v").split(".")
        if version[0].isdigit() and is_new_enough(int(version[0]), int(version[1])):
            return path
    if not (VENV / "bin" / "node").exists():
        say("installing Node.js into .venv, to build the Explorer")
        pip("--require-hashes", "--requirement", str(ROOT / NODE_LOCK))
    return f"{VENV / 'bin'}{os.pathsep}{path}"


def is_new_enough(major: int, minor: int) -> bool:
    if major > max(NODE_VERSIONS_MIN):
        return True
    return minor >= NODE_VERSIONS_MIN.get(major, sys.maxsize)


def digest(paths: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        total.update(f"{path.relative_to(ROOT)} {len(content)}\n".encode() + content)
    return total.hexdigest()


def say(sentence: str) -> None:
    print(f"plangate: {sentence}", file=sys.stderr, flush=True)


def fail(sentence: str) -> NoReturn:
    sys.exit(f"plangate: {sentence}")


if __name__ == "__main__":
    main()
