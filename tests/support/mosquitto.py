"""mosquitto as it is installed by Debian: a real broker."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from .certificates import Certificates
from .peers import missing
from .programs import Program, free_port

USER, PASSWORD = "gateway", "changeit"
"""Whom a broker with a password file knows."""

_CONFIGURATION = """
listener {port} 127.0.0.1
allow_anonymous {anonymous}
log_dest stderr
log_type notice
log_type information
max_inflight_messages 0
max_queued_messages 0
persistence true
persistence_location {folder}/
autosave_on_changes true
autosave_interval 1
{user}
{more}
"""


class Broker:
    """A broker that can be killed and come back.

    Args:
        program: path of mosquitto.
        configuration: path of its configuration.
        port: where it listens.
    """

    def __init__(self, program: str, configuration: Path, port: int) -> None:
        self.port = port
        self._command = [program, "-c", str(configuration)]
        self._running: Program | None = None

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self._running = Program(self._command)
        self._running.wait_for("running", stream="stderr")

    def kill(self) -> None:
        """Kill it, without a chance to save anything."""
        if self._running is not None:
            self._running.send_signal(signal.SIGKILL)
            self._running.wait()
            self._running.__exit__(None, None, None)
            self._running = None


def _find(name: str) -> str:
    # What only root runs is not everywhere on the path.
    program = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        missing(f"{name} is not installed; on Debian: apt-get install mosquitto")
    return program


@contextmanager
def mosquitto(
    *, with_password: bool = False, certificates: Certificates | None = None
) -> Iterator[Broker]:
    """Run mosquitto on a free port, or skip the test.

    Args:
        with_password: whether it knows nobody but ``USER``.
        certificates: makes it speak TLS.
    """
    program = _find("mosquitto")
    with TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder, port, more = Path(name), free_port(), []
        if with_password:
            passwords = folder / "passwords"
            command = [_find("mosquitto_passwd"), "-b", "-c", str(passwords), USER, PASSWORD]
            subprocess.run(command, check=True, capture_output=True)
            passwords.chmod(0o600)
            more.append(f"password_file {passwords}")
        if certificates is not None:
            more += [f"certfile {certificates.folder}/server.pem"]
            more += [f"keyfile {certificates.folder}/server.key"]
        configuration = folder / "mosquitto.conf"
        values = {
            "folder": folder,
            "port": port,
            "anonymous": "false" if with_password else "true",
            "user": "user root" if os.geteuid() == 0 else "",
            "more": "\n".join(more),
        }
        configuration.write_text(_CONFIGURATION.format(**values), encoding="utf-8")
        broker = Broker(program, configuration, port)
        broker.start()
        try:
            yield broker
        finally:
            broker.kill()
