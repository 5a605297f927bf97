"""TLS contexts from settings, and words for TLS handshakes that fail.

TLS 1.2 and newer (RFC 8996, RFC 9325), without compression and renegotiation.
"""

from __future__ import annotations

import contextlib
import logging
import os
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from ...errors import TlsError
from .settings import ClientNames, ClientTls, ServerTls

__all__ = ["client_context", "describe_tls_failure", "server_context"]

logger = logging.getLogger("accessor_host.tls")

# Forward secrecy and authenticated encryption only: what RFC 9325 section 4.2 recommends. This is
# for TLS 1.2; all suites of TLS 1.3 are like that.
_SERVER_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


def server_context(settings: ServerTls) -> ssl.SSLContext:
    """Read the key and certificate files of a server; return a context for its side.

    Args:
        settings: name the files.

    Raises:
        TlsError: a file cannot be used; the message names it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _harden(context)
    context.set_ciphers(_SERVER_CIPHERS)
    _ask_clients(context, settings)
    if settings.alpn:
        context.set_alpn_protocols(settings.alpn)
    _load_identity(context, settings)
    return context


def _load_identity(context: ssl.SSLContext, settings: ServerTls | ClientTls) -> None:
    """Read the key and certificate files that settings name, for a context."""
    # Imported late: most clients do without.
    import secrets

    from .key_material import load_key_material

    material = load_key_material(settings)
    material.check_dates(datetime.now(UTC))
    password = secrets.token_hex(32)
    try:
        with _private_file(material.to_pem(password.encode())) as path:
            context.load_cert_chain(path, password=password)
    except (ssl.SSLError, ValueError) as error:
        raise TlsError(
            "ERR_TLS_UNSUPPORTED", f"{material.source}: OpenSSL refuses it: {_words(error)}"
        ) from None


def _ask_clients(context: ssl.SSLContext, settings: ServerTls) -> None:
    """Ask clients for their certificates, if that is wanted."""
    asks, authorities, names = (
        settings.client_certificate,
        settings.client_authorities,
        settings.names,
    )
    if asks == "none":
        if authorities:
            # Not ignored: whoever names it believes that nobody else gets in.
            raise TlsError(
                "ERR_TLS_CLIENT_CA_UNUSED",
                f"{names.client_authorities} {authorities!r}: no client is asked for its "
                f"certificate; set {names.client_certificate} to 'require' or 'request'",
            )
        return
    if not authorities:
        raise TlsError(
            "ERR_TLS_NO_CLIENT_CA",
            f"{names.client_certificate} {asks!r} needs {names.client_authorities}, the file of "
            "the authorities whose clients are trusted",
        )
    _trust_only(context, names.client_authorities, authorities)
    context.verify_mode = ssl.CERT_REQUIRED if asks == "require" else ssl.CERT_OPTIONAL
    # Who resumes a session shows no certificate: one that expired meanwhile would still do.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0


def client_context(settings: ClientTls) -> ssl.SSLContext:
    """Return a context for a client's side: whom the client trusts, and with what it is trusted.

    Unlike the Cape Code host, which then refuses to work, a client that is told nothing trusts the
    authorities that the operating system trusts. The connection has to name the host
    (``server_hostname``): it must be one that the certificate is for.

    Args:
        settings: whom to trust, and who it is.

    Raises:
        TlsError: the file of authorities, or one with its key or certificate, cannot be used.
    """
    names = settings.names
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _harden(context)
    if settings.trust_all:
        ignored = f"; {names.authorities} is ignored" if settings.authorities else ""
        logger.warning(
            "%s: the client talks to whoever answers, unverified%s", names.trust_all, ignored
        )
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif settings.authorities:
        _trust_only(context, names.authorities, settings.authorities)
    else:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if settings.has_identity:
        _load_identity(context, settings)
    return context


def describe_tls_failure(error: BaseException, names: ClientNames) -> str | None:
    """Say why a client's TLS handshake failed.

    Args:
        error: what connecting raised.
        names: what the client's user calls its settings.

    Returns:
        One sentence without a period, or None when it has nothing to do with TLS. A server that
        ends the connection in the middle of the handshake does not say why; that is taken for
        TLS too, so ask only about errors of a client that speaks TLS.
    """
    if isinstance(error, TlsError):
        return error.reason
    if isinstance(error, ssl.SSLCertVerificationError):
        return _describe_distrust(error, names)
    if isinstance(error, ssl.SSLEOFError):
        return _HUNG_UP.format(plain=names.plain)
    if isinstance(error, ssl.SSLError):
        # Only OpenSSL's own errors have a reason.
        reason = getattr(error, "reason", None)
        for marks, sentence in _HANDSHAKE_FAILURES:
            if reason in marks:
                return sentence.format(plain=names.plain)
        return f"the TLS handshake failed: {_words(error)}"
    if isinstance(error, ConnectionAbortedError) and "handshake" in str(error):
        return "the server did not finish the TLS handshake in time"
    if isinstance(error, ConnectionResetError | ConnectionAbortedError | BrokenPipeError):
        return _HUNG_UP.format(plain=names.plain)
    return None


_HUNG_UP = (
    "the server ended the connection in the TLS handshake; "
    "perhaps it speaks plain {plain} on this port"
)

# OpenSSL's names for what went wrong, and what it means to the user.
_HANDSHAKE_FAILURES: tuple[tuple[frozenset[str], str], ...] = (
    (
        frozenset(
            {
                "WRONG_VERSION_NUMBER",
                "HTTP_REQUEST",
                "HTTPS_PROXY_REQUEST",
                "PACKET_LENGTH_TOO_LONG",
                "UNEXPECTED_MESSAGE",
                "RECORD_LAYER_FAILURE",
            }
        ),
        "the server does not speak TLS on this port; is it a plain {plain} port?",
    ),
    (
        frozenset(
            {
                "TLSV1_ALERT_PROTOCOL_VERSION",
                "UNSUPPORTED_PROTOCOL",
                "VERSION_TOO_LOW",
                "NO_PROTOCOLS_AVAILABLE",
            }
        ),
        "the server and this client have no TLS version in common; this client needs 1.2 or newer",
    ),
    (
        frozenset(
            {
                "SSLV3_ALERT_HANDSHAKE_FAILURE",
                "SSL/TLS_ALERT_HANDSHAKE_FAILURE",
                "TLSV1_ALERT_INSUFFICIENT_SECURITY",
                "NO_SHARED_CIPHER",
            }
        ),
        "the server and this client have no encryption in common",
    ),
    (
        frozenset({"TLSV13_ALERT_CERTIFICATE_REQUIRED"}),
        "the server wants a certificate from the client, which this client does not have",
    ),
    (
        frozenset(
            {
                "SSLV3_ALERT_BAD_CERTIFICATE",
                "SSL/TLS_ALERT_BAD_CERTIFICATE",
                "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
                "SSL/TLS_ALERT_UNSUPPORTED_CERTIFICATE",
                "SSLV3_ALERT_CERTIFICATE_REVOKED",
                "SSL/TLS_ALERT_CERTIFICATE_REVOKED",
                "SSLV3_ALERT_CERTIFICATE_EXPIRED",
                "SSL/TLS_ALERT_CERTIFICATE_EXPIRED",
                "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
                "SSL/TLS_ALERT_CERTIFICATE_UNKNOWN",
                "TLSV1_ALERT_UNKNOWN_CA",
                "TLSV1_ALERT_ACCESS_DENIED",
            }
        ),
        "the server does not accept the certificate of this client",
    ),
    (frozenset({"UNEXPECTED_EOF_WHILE_READING"}), _HUNG_UP),
)

# Numbers of X509_verify_cert_error_string(3).
_NOT_YET_VALID, _EXPIRED = 9, 10
_WRONG_NAME = frozenset({62, 64})
_UNKNOWN_AUTHORITY = frozenset({2, 18, 19, 20, 21, 27})


def _describe_distrust(error: ssl.SSLCertVerificationError, names: ClientNames) -> str:
    # Python checks no names itself any more, but its class may be raised without a code.
    code = getattr(error, "verify_code", None)
    if code == _EXPIRED:
        return "the server's certificate, or one of its authorities', has expired"
    if code == _NOT_YET_VALID:
        return "the server's certificate is not valid yet; is the clock right?"
    message = str(getattr(error, "verify_message", "") or error)
    if code in _WRONG_NAME:
        return f"the server's certificate is for another host: {message.rstrip('.')}"
    if code in _UNKNOWN_AUTHORITY:
        return (
            f"the server's certificate comes from an authority that is not trusted ({message}); "
            f"{names.authorities} names the file of one to trust"
        )
    return f"the server's certificate is not accepted: {message}"


def _harden(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION


def _trust_only(context: ssl.SSLContext, name: str, path: str) -> None:
    from .key_material import read_file

    source = f"{name} {path!r}"
    data = read_file(name, path)
    if b"-----BEGIN CERTIFICATE-----" not in data:
        raise TlsError("ERR_TLS_NO_CERTIFICATE", f"{source}: there is no PEM certificate inside")
    try:
        # Text around the certificates, in whatever encoding, is a comment (RFC 7468 section 2).
        context.load_verify_locations(cadata=data.decode("ascii", "replace").replace("\ufffd", "?"))
    except ssl.SSLError as error:
        raise TlsError(
            "ERR_TLS_NO_CERTIFICATE", f"{source}: a certificate is damaged: {_words(error)}"
        ) from None
    # What the user names is trusted as it is, be it a root, an intermediate or the server's own.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN


@contextlib.contextmanager
def _private_file(data: bytes) -> Iterator[str]:
    """Lend data as a file to OpenSSL, which takes a key from nowhere else.

    In memory where the system can; else on disk, for its owner alone, and removed at once. The
    data holds its key encrypted with a password that exists only for this.
    """
    with contextlib.ExitStack() as stack:
        path = _memory_file(stack, data)
        if path is None:
            import tempfile

            # The folder is made for its owner alone, and so is the file.
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="accessor-host-"))
            path = str(Path(folder, "key.pem"))
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
        yield path


def _memory_file(stack: contextlib.ExitStack, data: bytes) -> str | None:
    if not hasattr(os, "memfd_create"):
        return None
    try:
        descriptor = os.memfd_create("accessor-host-key")
    except OSError:
        return None  # an old kernel, or a sandbox
    stack.callback(os.close, descriptor)
    os.write(descriptor, data)
    path = f"/proc/self/fd/{descriptor}"
    return path if os.path.exists(path) else None  # a container may have no /proc


def _words(error: Exception) -> str:
    reason = getattr(error, "reason", None)
    return str(reason).replace("_", " ").lower() if reason else str(error)
