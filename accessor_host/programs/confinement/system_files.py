"""Files of the system that a program of ours needs: none has anything secret in it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from ...package_files import MODULES, RUNTIME, SCHEMAS

__all__ = ["DEVICES", "search_path", "system_files"]

DEVICES = ("/dev/null", "/dev/tty")
"""What may be written to as well: nothing, and the terminal that a program may outlive."""

_LIBRARIES = (
    "/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64",
    "/usr/local/lib", "/nix/store", "/gnu/store", "/etc/ld.so.cache",
)  # fmt: skip
"""Shared libraries: those of Python load late, and so do those that look up names."""

_NAMES = (
    "/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf",
    "/etc/services", "/etc/protocols", "/run/systemd/resolve", "/run/NetworkManager/resolv.conf",
    "/run/resolvconf",
)  # fmt: skip
"""What looks up names and services. Where a service puts a new ``resolv.conf`` in the place of the
old one, it is the folder."""

_AUTHORITIES = (
    "/etc/ssl/certs", "/etc/ssl/cert.pem", "/etc/ssl/ca-bundle.pem", "/etc/ssl/openssl.cnf",
    "/etc/pki/tls/certs", "/etc/pki/tls/cert.pem", "/etc/pki/tls/openssl.cnf",
    "/etc/pki/ca-trust/extracted", "/etc/ca-certificates", "/etc/crypto-policies",
    "/usr/share/ca-certificates", "/usr/local/share/ca-certificates", "/usr/local/ssl/certs",
    "/var/lib/ca-certificates",
)  # fmt: skip
"""Whom TLS trusts, and how OpenSSL is set up. Folders with private keys are left out."""

_CULTURE = (
    "/etc/localtime", "/etc/timezone", "/usr/share/zoneinfo", "/usr/share/locale",
    "/usr/share/i18n", "/etc/locale.alias",
)  # fmt: skip
"""Time zones and languages."""

_RANDOM = ("/dev/urandom", "/dev/random")

_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "OPENSSL_CONF")
"""Environment variables of OpenSSL that name such files."""


def search_path() -> list[str]:
    """Return where Python looks for modules, but for the folder of the program itself.

    ``python -m`` puts the current directory there: nobody has named it as one of libraries.
    """
    own = not sys.flags.safe_path and os.path.isdir(sys.path[0] or ".")
    return [folder for folder in sys.path[own:] if folder]


def system_files(search: list[str]) -> Iterator[str]:
    """Yield the files and folders that are read; not all of them are there.

    Args:
        search: result of :func:`search_path` in the process that the user started.
    """
    yield from filter(_is_narrow, search)
    # Not /usr itself: of what lies there, programs are the least that is needed.
    for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}:
        yield from (f"{prefix}/{name}" for name in ("lib", "lib64", "pyvenv.cfg", "ssl"))
    yield from map(str, (MODULES, SCHEMAS, RUNTIME.parent))
    yield os.path.dirname(os.__file__)
    if sys.pycache_prefix is not None:
        yield sys.pycache_prefix
    for files in (_LIBRARIES, _NAMES, _AUTHORITIES, _CULTURE, _RANDOM):
        yield from files
    for variable in _VARIABLES:
        yield from filter(_is_narrow, os.environ.get(variable, "").split(os.pathsep))


def _is_narrow(folder: str) -> bool:
    return bool(folder) and os.path.realpath(folder) != "/"
