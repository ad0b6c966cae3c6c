"""The embedded PostgreSQL: keeps data, recovers from crashes, refuses what it cannot use."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # ships no types
import pytest

from persistence import embedded
from persistence.embedded import BACKENDS_LEFT, EmbeddedPostgres
from persistence.errors import UnusableDatabaseError

ROOT = Path(__file__).parent.parent.parent
HOLDER = """
import sys
from pathlib import Path
from persistence.embedded import EmbeddedPostgres
EmbeddedPostgres(Path(sys.argv[1])).start()
print("started", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Not pytest's own directory: that is closed to the user that PostgreSQL runs as."""
    with tempfile.TemporaryDirectory(prefix="plangate-test-") as directory:
        yield Path(directory) / "data"


def run(server: EmbeddedPostgres, statement: str) -> object:
    async def fetch() -> object:
        url = server.url_of("postgres").replace("+asyncpg", "")
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def postmaster_pid(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def start_and_crash(data_dir: Path) -> int:
    """Start a server from another process and kill that process; the server's pid."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data_dir)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "started\n"
        holder.kill()
    return postmaster_pid(data_dir)


def test_data_outlives_a_stop(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as server:
        run(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert not (data_dir / "postgres" / "postmaster.pid").exists()

    with EmbeddedPostgres(data_dir) as server:
        assert run(server, "SELECT answer FROM kept") == 42
        assert run(server, "SHOW fsync") == "on"
        assert run(server, "SHOW listen_addresses") == ""


def test_a_server_left_by_a_crash_is_taken_over(data_dir: Path) -> None:
    orphan = start_and_crash(data_dir)

    with EmbeddedPostgres(data_dir) as server:
        assert run(server, "SELECT 1") == 1
        assert postmaster_pid(data_dir) != orphan


def test_a_lock_file_whose_number_went_to_another_process_is_dropped(data_dir: Path) -> None:
    orphan = start_and_crash(data_dir)
    lock_file = data_dir / "postgres" / "postmaster.pid"
    left = lock_file.read_text()
    with EmbeddedPostgres(data_dir):
        pass  # the orphan is stopped
    lock_file.write_text(left.replace(str(orphan), str(os.getpid()), 1))
    os.chown(lock_file, *owner(data_dir / "postgres"))

    with EmbeddedPostgres(data_dir) as server:
        assert run(server, "SELECT 1") == 1


def test_a_lock_file_of_a_dead_process_that_nobody_waited_for_is_dropped(data_dir: Path) -> None:
    orphan = start_and_crash(data_dir)
    lock_file = data_dir / "postgres" / "postmaster.pid"
    left = lock_file.read_text()
    with EmbeddedPostgres(data_dir):
        pass  # the orphan is stopped
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)
        lock_file.write_text(left.replace(str(orphan), str(dead.pid), 1))
        os.chown(lock_file, *owner(data_dir / "postgres"))

        with EmbeddedPostgres(data_dir) as server:
            assert run(server, "SELECT 1") == 1


def test_the_backends_of_a_killed_server_are_waited_for(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as server:
        checkpointer = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'"
        lingering = int(str(run(server, checkpointer)))
        os.kill(lingering, signal.SIGSTOP)
        os.kill(postmaster_pid(data_dir), signal.SIGKILL)

    def let_go_once_refused() -> None:
        while BACKENDS_LEFT not in (data_dir / "postgres" / "server.log").read_text():
            pass
        os.kill(lingering, signal.SIGCONT)

    letting_go = threading.Thread(target=let_go_once_refused)
    letting_go.start()
    with EmbeddedPostgres(data_dir) as server:
        assert run(server, "SELECT 1") == 1
    letting_go.join()


def test_the_variables_of_other_servers_change_nothing(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nowhere")
    with EmbeddedPostgres(data_dir, durable=False) as server:
        assert run(server, "SELECT 1") == 1


def test_the_system_user_may_be_made_by_somebody_else_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = iter([KeyError, KeyError, pwd.getpwuid(os.getuid())])

    def getpwnam(_name: str) -> object:
        found = next(known)
        if found is KeyError:
            raise KeyError
        return found

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", getpwnam)
    monkeypatch.setattr(shutil, "which", lambda *_, **__: "false")

    assert embedded._server_account(tmp_path / "new").uid == os.getuid()


def owner(path: Path) -> tuple[int, int]:
    return path.stat().st_uid, path.stat().st_gid


def test_a_killed_server_recovers_what_was_committed(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as server:
        run(server, "CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(postmaster_pid(data_dir), signal.SIGKILL)

    with EmbeddedPostgres(data_dir) as server:
        assert run(server, "SELECT answer FROM kept") == 42


def test_two_servers_on_one_directory_are_refused(data_dir: Path) -> None:
    with (
        EmbeddedPostgres(data_dir) as server,
        pytest.raises(UnusableDatabaseError, match="Another plangate is running"),
    ):
        EmbeddedPostgres(data_dir).start()
    del server


def test_long_and_odd_paths_work(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = data_dir / ("long" * 30)
    temporary.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    odd = data_dir / "it's a directory, with words" / ("long" * 30)
    with EmbeddedPostgres(odd, durable=False) as server:
        assert run(server, "SELECT 1") == 1


def test_a_path_that_no_shell_can_quote_is_refused(data_dir: Path) -> None:
    with pytest.raises(UnusableDatabaseError, match="choose another --data-dir"):
        EmbeddedPostgres(data_dir / "$HOME").start()
    assert not data_dir.exists()


def test_a_directory_that_cannot_be_made_is_refused() -> None:
    with pytest.raises(UnusableDatabaseError, match="/dev/null/data cannot be used"):
        EmbeddedPostgres(Path("/dev/null/data")).start()


def test_what_a_strict_umask_hid_is_opened_to_the_servers_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "package" / "pginstall18" / "bin"
    library = tmp_path / "package.libs" / "libpq.so"
    for directory in (*reversed(programs.relative_to(tmp_path).parents), programs, library.parent):
        (tmp_path / directory).mkdir(mode=0o700, exist_ok=True)
    (programs / "postgres").touch(0o711)  # as pip makes programs
    library.touch(0o700)
    monkeypatch.setattr(embedded, "binaries", lambda: programs)
    server = EmbeddedPostgres(tmp_path / "data")
    server._account = embedded._Account(uid=1, gid=1)

    server._let_account_reach(tmp_path)

    for path in (programs, programs / "postgres", library.parent, library):
        assert path.stat().st_mode & 0o005 == 0o005, path


def test_sorting_does_not_depend_on_the_machine(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, durable=False) as server:
        sorted_names = (
            "SELECT string_agg(name, ' ' ORDER BY name) FROM unnest($${b,A,a,B,é}$$::text[]) name"
        )
        assert run(server, sorted_names) == "A B a b é"
        assert run(server, "SELECT 'É' ILIKE 'é'") is True
