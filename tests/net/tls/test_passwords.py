"""No password reaches a message: not when it is wrong, not when it is no password at all."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest

from accessor_host.errors import OptionError, TlsError
from accessor_host.net.tls import key_material
from accessor_host.net.tls.contexts import server_context
from accessor_host.net.tls.settings import ServerTls
from accessor_host.options import load_schema, schema_names, validate

from ...conftest import RunJs
from ...support.certificates import PASSWORD, Certificates
from ...support.scripts import DEADLINE, running

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

SECRET = "hunter2"
"""Must be in nothing that anybody can read."""

WITH_NUL = f"{SECRET}\0{SECRET}"

PASSWORDS = {
    "pfxKeyCertPassword": "web-socket-server",
    "pemKeyPassword": "web-socket-server",
    "password": "mqtt",
}
"""Options, each with a module that has it."""

EXPECTED = {
    "web-socket-server": "expected a string",
    "mqtt": "expected a text of at most 21845 characters, without NUL",
}

USES = {
    "web-socket-server": "new used.Server(OPTIONS);",
    "mqtt": "used.createClient(1883, 'localhost', OPTIONS);",
}
"""What gives a module options."""


class LibraryPanic(BaseException):
    """What the library raises on a defect of its own: no Exception either."""


def test_every_password_is_declared_as_one() -> None:
    declared = {
        option
        for name in schema_names()
        for option, schema in load_schema(name)["properties"].items()
        if schema.get("writeOnly")
    }
    named = {
        option
        for name in schema_names()
        for option in load_schema(name)["properties"]
        if "password" in option.lower()
    }
    assert named == set(PASSWORDS)
    assert declared - named == {"headers", "proxy"}, "what may hold a password"


@pytest.mark.parametrize("option", PASSWORDS)
@pytest.mark.parametrize("value", [[SECRET], {"password": SECRET}, 20261128, True])
def test_a_password_of_a_wrong_type_is_not_shown(option: str, value: Any) -> None:
    with pytest.raises(OptionError) as caught:
        validate(PASSWORDS[option], {option: value})
    error = caught.value
    expected = EXPECTED[PASSWORDS[option]]
    expected = f"option '{option}': the value (not shown) is not allowed; {expected}"
    assert str(error) == expected
    assert error.value is not value
    assert repr(value) not in repr(error)


@pytest.mark.parametrize("option", PASSWORDS)
@pytest.mark.parametrize("value", [[SECRET], {"password": SECRET}, 20261128, True])
def test_a_script_sees_no_password_of_a_wrong_type(run_js: RunJs, option: str, value: Any) -> None:
    module = PASSWORDS[option]
    use = USES[module].replace("OPTIONS", json.dumps({option: value}))
    outcome = run_js(f"const used = require('@modules/{module}'); {use}")
    expected = EXPECTED[PASSWORDS[option]]
    expected = f"option '{option}': the value (not shown) is not allowed; {expected}"
    assert outcome.exit_code == 1
    assert f"TypeError: {expected}" in outcome.stderr
    assert SECRET not in outcome.stderr
    assert "20261128" not in outcome.stderr


def test_a_password_with_a_nul_is_refused(
    certificates: Certificates, capfd: pytest.CaptureFixture[str]
) -> None:
    path = certificates.options["pfxKeyCertPath"]
    with pytest.raises(TlsError) as caught:
        server_context(ServerTls(pfx_path=str(path), pfx_password=WITH_NUL))
    assert caught.value.code == "ERR_TLS_BAD_PASSWORD"
    assert caught.value.reason == (
        f"pfx_path {path!r}: the password (pfx_password) has a NUL in it, "
        "which no password of a PKCS#12 file has"
    )
    # The library writes to the descriptor itself.
    assert capfd.readouterr() == ("", "")


def test_a_pem_key_may_have_a_nul_in_its_password(certificates: Certificates) -> None:
    settings = ServerTls(
        pem_path=str(certificates.folder / "server.pem"),
        pem_key_path=certificates.write("nul.key", certificates.identity.pem_key(WITH_NUL)),
        pem_password=WITH_NUL,
    )
    server_context(settings)


def test_a_script_whose_password_has_a_nul_hears_of_it_and_goes_on(
    engine: str, certificates: Certificates, capfd: pytest.CaptureFixture[str]
) -> None:
    options = {**certificates.options, "port": 0, "pfxKeyCertPassword": WITH_NUL}

    async def main() -> str:
        source = f"""
            const {{ Server }} = require('@modules/web-socket-server');
            const server = new Server({json.dumps(options)});
            server.on('error', (error) => console.log('error', error.code, error.message));
            server.start();
        """
        async with running(engine, source) as script:
            line = await script.stdout.until("error")
            await script.ended()
            assert SECRET not in script.stdout.text + script.stderr.text
            return line

    line = asyncio.run(asyncio.wait_for(main(), 3 * DEADLINE))
    assert line.startswith("ERR_TLS_BAD_PASSWORD")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("form", ["PKCS#12", "PEM key", "PEM certificate"])
def test_a_library_that_panics_is_an_error_of_the_file(
    certificates: Certificates,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    form: str,
) -> None:
    def panic(*_: object) -> None:
        raise LibraryPanic(SECRET)

    owner, name = {
        "PKCS#12": (key_material.pkcs12, "load_key_and_certificates"),
        "PEM key": (key_material, "load_pem_private_key"),
        "PEM certificate": (key_material.x509, "load_pem_x509_certificates"),
    }[form]
    monkeypatch.setattr(owner, name, panic)
    if form == "PKCS#12":
        path = str(certificates.folder / "server.pfx")
        settings = ServerTls(pfx_path=path, pfx_password=PASSWORD)
    else:
        path = certificates.write("panic.pem", b"%b%b" % _pem(certificates))
        settings = ServerTls(pem_path=path)
    with caplog.at_level(logging.DEBUG), pytest.raises(TlsError) as caught:
        server_context(settings)
    assert caught.value.code == "ERR_TLS_UNSUPPORTED"
    assert path in caught.value.reason
    assert SECRET not in caught.value.reason + caplog.text
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_an_interruption_is_no_panic(
    certificates: Certificates,
    monkeypatch: pytest.MonkeyPatch,
    interruption: type[BaseException],
) -> None:
    def interrupt(*_: object) -> None:
        raise interruption

    monkeypatch.setattr(key_material.pkcs12, "load_key_and_certificates", interrupt)
    path = str(certificates.folder / "server.pfx")
    with pytest.raises(interruption):
        server_context(ServerTls(pfx_path=path, pfx_password=PASSWORD))


def _pem(certificates: Certificates) -> tuple[bytes, bytes]:
    return certificates.identity.pem_key(), certificates.identity.pem()
