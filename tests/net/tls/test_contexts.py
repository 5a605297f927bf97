"""TLS contexts: from options to a context, or to an error that says what is wrong."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import x25519
from cryptography.hazmat.primitives.serialization import pkcs12

from accessor_host.errors import AccessorHostError, TlsError
from accessor_host.modules.client_tls import client_tls
from accessor_host.modules.server_tls import server_tls
from accessor_host.net.tls.contexts import client_context, describe_tls_failure, server_context
from accessor_host.net.tls.key_material import LARGEST_FILE, load_key_material
from accessor_host.net.tls.settings import ClientTls, ServerTls
from accessor_host.options import validate

from ...support.certificates import DAY, PASSWORD, Certificates, Identity, authority, server


def server_values(**options: Any) -> ServerTls:
    settings = server_tls(validate("web-socket-server", {"sslTls": True, **options}).values)
    assert settings is not None
    return settings


def client_values(**options: Any) -> ClientTls:
    settings = client_tls(validate("web-socket-client", {"sslTls": True, **options}).values, "ws")
    assert settings is not None
    return settings


def make(options: dict[str, Any]) -> ssl.SSLContext:
    return server_context(server_values(**options))


def refusal(options: dict[str, Any]) -> TlsError:
    with pytest.raises(TlsError) as caught:
        make(options)
    assert isinstance(caught.value, AccessorHostError)
    assert str(caught.value) == f"{caught.value.code}: {caught.value.reason}"
    return caught.value


def shake(
    server_side: ssl.SSLContext, client_side: ssl.SSLContext, name: str = "localhost"
) -> ssl.SSLObject:
    """Shake hands in memory and return the client's side."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    accepting = server_side.wrap_bio(to_server, to_client, server_side=True)
    connecting = client_side.wrap_bio(to_client, to_server, server_hostname=name)
    for side in (connecting, accepting, connecting, accepting):
        with contextlib.suppress(ssl.SSLWantReadError):
            side.do_handshake()
    return connecting


def failure(server_side: ssl.SSLContext, client_side: ssl.SSLContext, name: str = "") -> str:
    """Return the words for a handshake that fails on the client's side."""
    with pytest.raises(ssl.SSLError) as caught:
        shake(server_side, client_side, name or "localhost")
    words = describe_tls_failure(caught.value, client_values().names)
    assert words is not None
    return words


def trusting(certificates: Certificates) -> ssl.SSLContext:
    return client_context(client_values(trustedCACertPath=certificates.ca))


# The server's side


def test_without_ssl_tls_there_is_no_context() -> None:
    values = validate("web-socket-server", {"pfxKeyCertPath": "/nowhere"}).values
    assert server_tls(values) is None
    assert client_tls({"sslTls": False, "trustedCACertPath": "/nowhere"}, "ws") is None


def test_a_server_that_names_no_protocols_takes_a_client_that_offers_some(
    certificates: Certificates,
) -> None:
    context = server_context(server_values(**certificates.options)._replace(alpn=()))
    asking = trusting(certificates)
    asking.set_alpn_protocols(["h2", "http/1.1"])
    assert shake(context, asking).selected_alpn_protocol() is None


def test_settings_are_modern(certificates: Certificates) -> None:
    for context in (make(certificates.options), trusting(certificates)):
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2
        assert context.options & ssl.OP_NO_COMPRESSION
        assert context.options & ssl.OP_NO_RENEGOTIATION
    ciphers = make(certificates.options).get_ciphers()
    assert ciphers
    for cipher in ciphers:
        assert cipher["aead"]
        assert cipher["protocol"] == "TLSv1.3" or cipher["name"].startswith("ECDHE-")


@pytest.mark.parametrize("how", ["pfx", "files", "encrypted key", "one file", "key last"])
def test_every_form_of_key_material_works(certificates: Certificates, how: str) -> None:
    identity, write = certificates.identity, certificates.write
    options: dict[str, Any] = {
        "pfx": certificates.options,
        "files": {
            "pemKeyPath": str(certificates.folder / "server.key"),
            "pemCertPath": str(certificates.folder / "server.pem"),
            "pemKeyPassword": "not needed",
        },
        "encrypted key": {
            "pemKeyPath": write("encrypted.key", identity.pem_key(PASSWORD)),
            "pemKeyPassword": PASSWORD,
            "pemCertPath": str(certificates.folder / "server.pem"),
        },
        "one file": {"pemCertPath": write("both.pem", identity.pem_key() + identity.pem())},
        "key last": {
            "pemCertPath": write(
                "mixed.pem", certificates.authority.pem() + identity.pem() + identity.pem_key()
            )
        },
    }[how]
    client = shake(make(options), trusting(certificates))
    assert client.version() == "TLSv1.3"
    der = identity.certificate.public_bytes(serialization.Encoding.DER)
    assert client.getpeercert(binary_form=True) == der


def test_the_authorities_follow_the_own_certificate(certificates: Certificates) -> None:
    chain = load_key_material(server_values(**certificates.options)).chain
    assert chain == (certificates.identity.certificate, certificates.authority.certificate)


@pytest.mark.parametrize("password", ["", PASSWORD, "pä$$wörd"])
def test_a_pfx_may_have_any_password(certificates: Certificates, password: str) -> None:
    path = certificates.write("password.pfx", certificates.identity.pfx(password))
    shake(make({"pfxKeyCertPath": path, "pfxKeyCertPassword": password}), trusting(certificates))


@pytest.mark.parametrize("extra", [[], ["-legacy"]])
def test_a_pfx_of_openssl_works(
    certificates: Certificates, tmp_path: Path, extra: list[str]
) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    path = tmp_path / "made.pfx"
    command = [openssl, "pkcs12", "-export", *extra, "-out", path, "-passout", "pass:x"]
    files = [
        "-inkey",
        certificates.folder / "server.key",
        "-in",
        certificates.folder / "server.pem",
    ]
    subprocess.run([*command, *files], check=True, capture_output=True)
    options = {"pfxKeyCertPath": str(path), "pfxKeyCertPassword": "x"}
    shake(make(options), trusting(certificates))


def test_options_that_name_no_files_or_too_many(certificates: Certificates) -> None:
    assert refusal({}).code == "ERR_TLS_NO_KEY_FILE"
    assert "pfxKeyCertPath, or pemKeyPath and pemCertPath" in refusal({}).reason
    for name in ("pemKeyPath", "pemCertPath"):
        error = refusal({**certificates.options, name: "x"})
        assert error.code == "ERR_TLS_TWO_KEYS"
        assert f"pfxKeyCertPath and {name} are both given" in error.reason
    error = refusal({"pemKeyPath": "x"})
    assert error.code == "ERR_TLS_NO_CERTIFICATE"
    assert "without pemCertPath" in error.reason


def _pfx(identity: Identity, *, key: bool = True, certificate: bool = True) -> bytes:
    return pkcs12.serialize_key_and_certificates(
        None,
        identity.key if key else None,
        identity.certificate if certificate else None,
        None if certificate or key else [identity.certificate],
        serialization.BestAvailableEncryption(PASSWORD.encode()),
    )


PFX_FAILURES = {
    "a wrong password": ("ERR_TLS_BAD_PASSWORD", "the password is wrong (pfxKeyCertPassword)"),
    "no password": ("ERR_TLS_BAD_PASSWORD", "it needs a password (pfxKeyCertPassword)"),
    "a lone surrogate": ("ERR_TLS_BAD_PASSWORD", "the password is wrong"),
    "damaged inside": ("ERR_TLS_BAD_PASSWORD", "or the file is damaged"),
    "cut": ("ERR_TLS_NOT_PKCS12", "this is no PKCS#12 file"),
    "empty": ("ERR_TLS_NOT_PKCS12", "this is no PKCS#12 file"),
    "PEM": ("ERR_TLS_NOT_PKCS12", "it is a PEM file, for which there are pemKeyPath"),
    "DER certificate": ("ERR_TLS_NOT_PKCS12", "this is no PKCS#12 file"),
    "noise": ("ERR_TLS_NOT_PKCS12", "this is no PKCS#12 file"),
    "no key": ("ERR_TLS_NO_KEY", "there is no private key inside"),
    "no certificate": ("ERR_TLS_NO_CERTIFICATE", "there is no certificate inside"),
    "another's certificate": ("ERR_TLS_KEY_MISMATCH", "no certificate inside belongs to the key"),
}


@pytest.mark.parametrize("what", PFX_FAILURES)
def test_a_bad_pfx_is_refused(certificates: Certificates, what: str) -> None:
    identity = certificates.identity
    good = identity.pfx()
    middle = len(good) // 2
    data = {
        "damaged inside": good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :],
        "cut": good[:-100],
        "empty": b"",
        "PEM": identity.pem(),
        "DER certificate": identity.certificate.public_bytes(serialization.Encoding.DER),
        "noise": os.urandom(1000).replace(b"0", b"1"),
        "no key": _pfx(identity, key=False),
        "no certificate": _pfx(identity, certificate=False),
    }.get(what, good)
    if what == "another's certificate":
        key = Identity(certificates.authority.key, identity.certificate)
        data = _mismatched(key)
    password = {"a wrong password": "wrong", "no password": "", "a lone surrogate": "\ud800"}
    path = certificates.write("bad.pfx", data)
    error = refusal({"pfxKeyCertPath": path, "pfxKeyCertPassword": password.get(what, PASSWORD)})
    code, reason = PFX_FAILURES[what]
    assert error.code == code
    assert error.reason.startswith(f"pfxKeyCertPath {path!r}: ")
    assert reason in error.reason
    assert PASSWORD not in str(error)


def _mismatched(identity: Identity) -> bytes:
    # The library refuses to make such a file as a pair; as an authority it may lie there.
    return pkcs12.serialize_key_and_certificates(
        None,
        identity.key,
        None,
        [identity.certificate],
        serialization.BestAvailableEncryption(PASSWORD.encode()),
    )


PEM_FAILURES = {
    "no key": ("ERR_TLS_NO_KEY", "pemKeyPath", "there is no PEM private key inside"),
    "damaged key": ("ERR_TLS_NO_KEY", "pemKeyPath", "the private key is damaged"),
    "wrong password": ("ERR_TLS_BAD_PASSWORD", "pemKeyPath", "the password is wrong"),
    "no password": ("ERR_TLS_BAD_PASSWORD", "pemKeyPath", "the key needs a password"),
    "another key": ("ERR_TLS_KEY_MISMATCH", "pemCertPath", "no certificate inside belongs to"),
    "no certificate": ("ERR_TLS_NO_CERTIFICATE", "pemCertPath", "no PEM certificate inside"),
    "damaged certificate": ("ERR_TLS_NO_CERTIFICATE", "pemCertPath", "a certificate is damaged"),
}


@pytest.mark.parametrize("what", PEM_FAILURES)
def test_bad_pem_files_are_refused(certificates: Certificates, what: str) -> None:
    identity = certificates.identity
    key = {
        "no key": identity.pem(),
        "damaged key": identity.pem_key().replace(b"\nM", b"\nN", 1),
        "wrong password": identity.pem_key("another"),
        "no password": identity.pem_key("another"),
        "another key": certificates.authority.pem_key(),
    }.get(what, identity.pem_key())
    certificate = {
        "no certificate": identity.pem_key(),
        "damaged certificate": identity.pem().replace(b"\nMII", b"\nMIA", 1),
    }.get(what, identity.pem())
    paths = {
        "pemKeyPath": certificates.write("bad.key", key),
        "pemCertPath": certificates.write("bad.pem", certificate),
    }
    password = "" if what == "no password" else PASSWORD
    error = refusal({**paths, "pemKeyPassword": password})
    code, option, reason = PEM_FAILURES[what]
    assert error.code == code
    assert error.reason.startswith(f"{option} {paths[option]!r}: ")
    assert reason in error.reason


def _use(option: str, path: str) -> None:
    if option == "trustedCACertPath":
        client_context(client_values(trustedCACertPath=path))
    else:
        make({option: path})


@pytest.mark.parametrize("option", ["pfxKeyCertPath", "pemCertPath", "trustedCACertPath"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, option: str) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    for path, code, reason in (
        (tmp_path / "absent", "MISSING", "there is no such file"),
        (large / "inside", "UNREADABLE", "Not a directory"),
        (tmp_path, "UNREADABLE", "not a regular file"),
        (pipe, "UNREADABLE", "not a regular file"),
        (large, "UNREADABLE", "which no key needs"),
        (f"{tmp_path}/nul\0", "UNREADABLE", "null "),
    ):
        with pytest.raises(TlsError) as caught:
            _use(option, str(path))
        assert caught.value.code == f"ERR_TLS_FILE_{code}"
        assert f"{option} {str(path)!r}: " in caught.value.reason
        assert reason in caught.value.reason


def test_a_file_without_permission_is_named(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "secret.pfx"
    path.write_bytes(b"")
    path.chmod(0)
    if os.access(path, os.R_OK):
        # Root may read everything: let opening say what it says to others.
        def refuse(*_: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("builtins.open", refuse)
    error = refusal({"pfxKeyCertPath": str(path)})
    assert error.code == "ERR_TLS_FILE_UNREADABLE"
    assert error.reason.endswith("the file cannot be read: Permission denied")


def test_dates_are_checked(certificates: Certificates) -> None:
    expired = server(certificates.authority, begins=-3 * DAY, ends=-DAY)
    error = refusal(certificates.options_of(expired, "expired"))
    assert error.code == "ERR_TLS_CERT_EXPIRED"
    yesterday = (datetime.now(UTC) - DAY).strftime("%Y-%m-%d")
    assert f"the certificate CN=localhost expired on {yesterday}" in error.reason
    early = server(certificates.authority, begins=DAY, ends=2 * DAY)
    error = refusal(certificates.options_of(early, "early"))
    assert error.code == "ERR_TLS_CERT_NOT_YET_VALID"
    assert "is the clock right?" in error.reason


def test_what_openssl_refuses_is_an_error_too(certificates: Certificates) -> None:
    # A key that can agree on secrets but not sign: no server can use it.
    key = x25519.X25519PrivateKey.generate()
    identity = server(certificates.authority, key=key)
    error = refusal(certificates.options_of(identity, "unusable"))
    assert error.code == "ERR_TLS_UNSUPPORTED"
    assert "OpenSSL refuses it: " in error.reason


# Keys and the disk


def _watched(monkeypatch: Any, tmp_path: Path) -> list[tuple[int, int, bytes]]:
    """Record modes of folder and file, and the content, of what OpenSSL is given on disk."""
    seen: list[tuple[int, int, bytes]] = []
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    load = ssl.SSLContext.load_cert_chain

    def watch(context: ssl.SSLContext, path: str, **options: Any) -> None:
        file = Path(path)
        modes = file.parent.stat().st_mode & 0o777, file.stat().st_mode & 0o777
        seen.append((*modes, file.read_bytes()))
        load(context, path, **options)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", watch)
    return seen


def test_a_key_does_not_touch_the_disk(
    certificates: Certificates, monkeypatch: Any, tmp_path: Path
) -> None:
    seen = _watched(monkeypatch, tmp_path)

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a temporary folder was made")

    if hasattr(os, "memfd_create"):
        monkeypatch.setattr(tempfile, "TemporaryDirectory", forbidden)
    before = set(os.listdir("/proc/self/fd"))
    make(certificates.options)
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in seen[0][2]
    assert set(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("how", ["no memfd", "memfd forbidden", "no /proc"])
@pytest.mark.parametrize("fails", [False, True])
def test_where_the_disk_is_needed_nothing_readable_remains(
    certificates: Certificates, monkeypatch: Any, tmp_path: Path, how: str, fails: bool
) -> None:
    seen = _watched(monkeypatch, tmp_path)
    if how == "no memfd":
        monkeypatch.delattr(os, "memfd_create", raising=False)
    elif how == "memfd forbidden":

        def forbid(_: str) -> int:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "memfd_create", forbid, raising=False)
    else:
        monkeypatch.setattr(os.path, "exists", lambda _: False)
    if fails:

        def refuse(*_: object, **__: object) -> None:
            assert list(tmp_path.iterdir())
            raise ssl.SSLError(1, "made up")

        monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", refuse)
        assert refusal(certificates.options).code == "ERR_TLS_UNSUPPORTED"
    else:
        make(certificates.options)
        ((folder_mode, file_mode, content),) = seen
        assert (folder_mode, file_mode) == (0o700, 0o600)
        assert b"BEGIN ENCRYPTED PRIVATE KEY" in content
        assert b"BEGIN PRIVATE KEY" not in content
    assert list(tmp_path.iterdir()) == []


# The client's side


def test_an_authority_from_a_file_is_the_only_one_trusted(certificates: Certificates) -> None:
    context = trusting(certificates)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert len(context.get_ca_certs()) == 1


def test_a_bundle_and_the_servers_own_certificate_can_be_trusted(
    certificates: Certificates,
) -> None:
    serving = make(certificates.options)
    bundle = "Ünser".encode("latin-1") + authority("Other").pem() + certificates.authority.pem()
    for data in (bundle, certificates.identity.pem()):
        path = certificates.write("trusted.pem", data)
        context = client_context(client_values(trustedCACertPath=path))
        assert context is not None
        shake(serving, context)


def test_without_a_file_the_systems_authorities_are_trusted(
    certificates: Certificates, monkeypatch: Any
) -> None:
    serving = make(certificates.options)
    context = client_context(client_values())
    assert context is not None
    assert "authority that is not trusted" in failure(serving, context)
    monkeypatch.setenv("SSL_CERT_FILE", certificates.ca)
    context = client_context(client_values())
    assert context is not None
    shake(serving, context)


def test_trust_all_warns_once(certificates: Certificates, caplog: Any) -> None:
    with caplog.at_level(logging.WARNING, "accessor_host"):
        context = client_context(client_values(trustAll=True, trustedCACertPath="/nowhere"))
    assert context is not None
    assert [record.getMessage() for record in caplog.records] == [
        "trustAll: the client talks to whoever answers, unverified; trustedCACertPath is ignored"
    ]
    expired = server(certificates.authority, "example.org")
    shake(make(certificates.options_of(expired, "other")), context)


@pytest.mark.parametrize("data", [b"", b"nothing", b"\x30\x82", "key"])
def test_a_file_without_an_authority_is_refused(
    certificates: Certificates, data: bytes | str
) -> None:
    content = data if isinstance(data, bytes) else certificates.identity.pem_key()
    path = certificates.write("bad-ca.pem", content)
    with pytest.raises(TlsError, match="there is no PEM certificate inside") as caught:
        client_context(client_values(trustedCACertPath=path))
    assert caught.value.code == "ERR_TLS_NO_CERTIFICATE"
    damaged = certificates.write("bad-ca.pem", certificates.authority.pem().replace(b"MII", b"MIA"))
    with pytest.raises(TlsError, match="a certificate is damaged"):
        client_context(client_values(trustedCACertPath=damaged))


# Words for handshakes that fail


def test_a_certificate_for_another_host(certificates: Certificates) -> None:
    other = server(certificates.authority, "example.org")
    serving = make(certificates.options_of(other, "wrong-name"))
    for name in ("localhost", "127.0.0.1"):
        words = failure(serving, trusting(certificates), name)
        assert words.startswith("the server's certificate is for another host: ")
        assert name in words


def test_an_authority_that_is_not_trusted(certificates: Certificates) -> None:
    stranger = server(authority("Stranger"))
    words = failure(make(certificates.options_of(stranger, "stranger")), trusting(certificates))
    assert words.startswith("the server's certificate comes from an authority that is not trusted")


@pytest.mark.parametrize(
    ("begins", "ends", "expected"),
    [(-3 * DAY, -DAY, "has expired"), (DAY, 2 * DAY, "is not valid yet; is the clock right?")],
)
def test_a_certificate_out_of_its_time(
    certificates: Certificates, begins: Any, ends: Any, expected: str
) -> None:
    bad = server(certificates.authority, begins=begins, ends=ends)
    options = certificates.options_of(bad, "out-of-time")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # ours would refuse to start
    serving.load_cert_chain(str(options["pemCertPath"]), str(options["pemKeyPath"]))
    assert expected in failure(serving, trusting(certificates))


def test_a_server_that_only_speaks_old_tls(certificates: Certificates) -> None:
    client = trusting(certificates)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    connecting = client.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        connecting.do_handshake()
    # Its answer, whatever the system's OpenSSL still lets it say: alert 70, protocol_version.
    incoming.write(b"\x15\x03\x01\x00\x02\x02\x46")
    with pytest.raises(ssl.SSLError) as caught:
        connecting.do_handshake()
    words = describe_tls_failure(caught.value, client_values().names)
    assert words == (
        "the server and this client have no TLS version in common; this client needs 1.2 or newer"
    )


def test_a_server_that_does_not_speak_tls(certificates: Certificates) -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    connecting = trusting(certificates).wrap_bio(incoming, outgoing, server_hostname="localhost")
    incoming.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with pytest.raises(ssl.SSLError) as caught:
        connecting.do_handshake()
    words = describe_tls_failure(caught.value, client_values().names)
    assert words == "the server does not speak TLS on this port; is it a plain ws port?"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConnectionResetError(), "perhaps it speaks plain ws on this port"),
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), "speaks plain ws"),
        (
            ConnectionAbortedError("SSL handshake is taking longer than 1.0 seconds: aborting"),
            "the server did not finish the TLS handshake in time",
        ),
        (TlsError("ERR_TLS_NO_KEY", "why"), "why"),
        (ssl.SSLError(1, "odd"), "the TLS handshake failed: "),
        (ssl.SSLCertVerificationError(1, "odd"), "the server's certificate is not accepted: odd"),
        (ConnectionRefusedError(), None),
        (TimeoutError(), None),
        (socket.gaierror(), None),
        (ValueError(), None),
    ],
)
def test_other_failures(error: BaseException, expected: str | None) -> None:
    words = describe_tls_failure(error, client_values().names)
    if expected is None:
        assert words is None
    else:
        assert words is not None
        assert expected in words
