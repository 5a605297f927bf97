"""PEM files of keys, certificates and authorities: used, or refused by an error that names them."""

from __future__ import annotations

import tempfile
import warnings
from functools import cache
from pathlib import Path

from accessor_host.conformance.certificates import make_certificates
from accessor_host.errors import TlsError
from accessor_host.net.tls.contexts import client_context, server_context
from accessor_host.net.tls.settings import ClientTls, ServerTls

__all__ = ["SEEDS", "run"]

# PKCS#12 files are left out: a changed number of rounds in one takes hours, as it may.


def _seeds() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        files = make_certificates(Path(folder))
        return [b"\0" + files.chain.read_bytes(), b"\1" + files.authority.read_bytes()]


SEEDS = _seeds()


def run(data: bytes) -> None:
    """Use a file.

    Args:
        data: the first byte chooses between a server and a client; the rest is the file.
    """
    path = Path(_folder().name, "file.pem")
    path.write_bytes(data[1:])
    try:
        with warnings.catch_warnings(action="ignore"):
            if data[:1] == b"\1":
                client_context(ClientTls(authorities=str(path)))
            else:
                server_context(ServerTls(pem_path=str(path)))
    except TlsError as error:
        if str(path) not in error.reason:
            raise AssertionError(f"{error} does not name the file") from None


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Make a folder that lives as long as the process."""
    return tempfile.TemporaryDirectory(prefix="accessor-host-fuzz-")
