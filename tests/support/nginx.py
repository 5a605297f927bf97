"""nginx as it is installed by Debian, in front of a server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from .peers import missing
from .programs import Program, free_port

_CONFIGURATION = """
daemon off;
worker_processes 1;
pid %(folder)s/nginx.pid;
error_log stderr notice;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path %(folder)s/body;
  proxy_temp_path %(folder)s/proxy;
  fastcgi_temp_path %(folder)s/fastcgi;
  uwsgi_temp_path %(folder)s/uwsgi;
  scgi_temp_path %(folder)s/scgi;
  map $http_upgrade $connection_upgrade { default upgrade; '' close; }
  server {
    listen 127.0.0.1:%(port)d;
    location %(prefix)s {
      proxy_pass http://127.0.0.1:%(backend)d/;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
"""


@contextmanager
def nginx(backend: int, prefix: str = "/app/") -> Iterator[int]:
    """Run nginx on a free port, or skip the test.

    Args:
        backend: port of the server that it hands WebSockets on to.
        prefix: begin of the paths that it hands on; the server does not see it.

    Yields:
        Its port.
    """
    # What only root runs is not everywhere on the path.
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        missing("nginx is not installed; on Debian: apt-get install nginx")
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        port = free_port()
        configuration = Path(folder, "nginx.conf")
        values = {"folder": folder, "port": port, "backend": backend, "prefix": prefix}
        configuration.write_text(_CONFIGURATION % values, encoding="ascii")
        with Program([program, "-e", "stderr", "-p", folder, "-c", configuration]) as running:
            # It listens by then.
            running.wait_for("start worker process ", stream="stderr")
            yield port
