"""Options: defaults, checks, warnings."""

from __future__ import annotations

import math
import subprocess
import sys
from types import MappingProxyType
from typing import Any

import pytest

from accessor_host.codecs.images import MAX_IMAGE_PIXELS
from accessor_host.errors import OptionError
from accessor_host.options import (
    describe_allowed,
    load_schema,
    option_name,
    schema_names,
    validate,
)

NAME = "web-socket-server"
PROPERTIES = load_schema(NAME)["properties"]


def test_defaults_are_those_of_the_specification() -> None:
    values = validate(NAME, None).values
    assert values == validate(NAME, {}).values
    assert values["hostInterface"] == "localhost"
    assert values["port"] == 80
    assert values["receiveType"] == values["sendType"] == "application/json"
    assert values["sslTls"] is False
    assert values["pfxKeyCertPath"] == values["pfxKeyCertPassword"] == ""


def test_defaults_are_those_of_the_design() -> None:
    values = validate(NAME, None).values
    assert values["maxMessageSize"] == values["maxUnsentBytes"] == 16 * 1024 * 1024
    assert values["maxImagePixels"] == MAX_IMAGE_PIXELS
    assert values["maxFragments"] == 16384
    assert values["openingTimeout"] == values["closingTimeout"] == 10_000
    assert values["pingInterval"] == values["pingTimeout"] == 20_000
    assert values["idleTimeout"] == values["maxConnections"] == 0
    assert values["allowedOrigins"] is None


@pytest.mark.parametrize("name", PROPERTIES)
def test_null_is_the_default(name: str) -> None:
    resolved = validate(NAME, {name: None})
    assert resolved.values[name] == PROPERTIES[name]["default"]
    assert resolved.warnings == []


def test_an_empty_string_is_the_default_of_a_string() -> None:
    assert validate(NAME, {"hostInterface": ""}).values["hostInterface"] == "localhost"
    with pytest.raises(OptionError):
        validate(NAME, {"port": ""})


def test_port_zero_is_kept() -> None:
    assert validate(NAME, {"port": 0}).values["port"] == 0


def test_a_whole_float_is_an_integer() -> None:
    port = validate(NAME, {"port": 8082.0}).values["port"]
    assert port == 8082
    assert isinstance(port, int)


@pytest.mark.parametrize(
    ("option", "value", "allowed"),
    [
        ("port", -1, "an integer from 0 to 65535"),
        ("port", 65536, "an integer from 0 to 65535"),
        ("port", 80.5, "an integer from 0 to 65535"),
        ("port", math.nan, "an integer from 0 to 65535"),
        ("port", math.inf, "an integer from 0 to 65535"),
        ("port", True, "an integer from 0 to 65535"),
        ("port", "8082", "an integer from 0 to 65535"),
        ("port", [8082], "an integer from 0 to 65535"),
        ("hostInterface", 127, "a string"),
        ("hostInterface", False, "a string"),
        ("receiveType", {}, "a string"),
        ("sendType", 1, "a string"),
        ("sslTls", "true", "true or false"),
        ("sslTls", 1, "true or false"),
        ("pfxKeyCertPath", 1, "a string"),
        ("pfxKeyCertPassword", [], "a string"),
        ("pemKeyPath", 1, "a string"),
        ("pemCertPath", {}, "a string"),
        ("pemKeyPassword", 1, "a string"),
        ("maxMessageSize", 0, "an integer from 1 to 2147483647"),
        ("maxImagePixels", 0, "an integer from 1 to 134217728"),
        ("maxImagePixels", 134_217_729, "an integer from 1 to 134217728"),
        ("maxFragments", 0, "an integer from 1 to 2147483647"),
        ("openingTimeout", 0, "an integer from 1 to 2147483647"),
        ("pingInterval", -1, "an integer from 0 to 2147483647"),
        ("pingTimeout", 0, "an integer from 1 to 2147483647"),
        ("closingTimeout", 2**31, "an integer from 1 to 2147483647"),
        ("idleTimeout", "never", "an integer from 0 to 2147483647"),
        ("maxUnsentBytes", 0, "an integer from 1 to 2147483647"),
        ("compression", 1, "true or false"),
        ("maxConnections", -1, "an integer from 0 to 2147483647"),
        ("allowedOrigins", "https://a.example", "a list of strings"),
        ("allowedOrigins", [1], "a list of strings"),
        ("highWaterMark", 0, "an integer from 1 to 2147483647"),
        ("maxConnectionsPerHost", -1, "an integer from 0 to 2147483647"),
        ("connectionRate", 0.5, "an integer from 0 to 2147483647"),
        ("messageRate", "fast", "an integer from 0 to 2147483647"),
        ("trustedProxies", "127.0.0.1", "a list of strings"),
        ("trustedProxies", [127], "a list of strings"),
        ("clientCACertPath", 1, "a string"),
        ("requestClientCert", True, 'one of "none", "request", "require"'),
        ("socketMode", 0o1000, "an integer from 0 to 511"),
        ("reusePort", 1, "true or false"),
        ("healthPath", True, "a string"),
        ("path", "status", "a path that begins with '/' and has no query, or null"),
        ("path", "/status?", "a path that begins with '/' and has no query, or null"),
        ("path", 7, "a path that begins with '/' and has no query, or null"),
        ("subprotocols", "chat", "a list of names of subprotocols, without spaces and commas"),
        ("subprotocols", ["a, b"], "a list of names of subprotocols, without spaces and commas"),
        ("subprotocols", ["a\nb"], "a list of names of subprotocols, without spaces and commas"),
        ("subprotocols", [""], "a list of names of subprotocols, without spaces and commas"),
        ("verifyClient", True, "a function"),
        ("verifyClient", "() => true", "a function"),
    ],
)
def test_a_bad_value_names_option_value_and_what_is_allowed(
    option: str, value: object, allowed: str
) -> None:
    with pytest.raises(OptionError) as caught:
        validate(NAME, {option: value})
    assert (caught.value.option, caught.value.allowed) == (option, allowed)
    shown = "the value (not shown)" if PROPERTIES[option].get("writeOnly") else repr(value)
    assert repr(caught.value.value) == shown
    assert str(caught.value) == f"option {option!r}: {shown} is not allowed; expected {allowed}"


def test_every_option_has_a_test_above() -> None:
    marks = test_a_bad_value_names_option_value_and_what_is_allowed.pytestmark  # type: ignore[attr-defined]
    tried = {case[0] for case in marks[0].args[1]}
    assert tried == set(PROPERTIES)


@pytest.mark.parametrize("value", [0, 1, 65535])
def test_the_edges_of_the_port_are_allowed(value: int) -> None:
    assert validate(NAME, {"port": value}).values["port"] == value


@pytest.mark.parametrize(
    ("unknown", "warning"),
    [
        ("prot", "unknown option 'prot'; did you mean 'port'?"),
        ("hostinterface", "unknown option 'hostinterface'; did you mean 'hostInterface'?"),
        ("max_message_size", "unknown option 'max_message_size'; did you mean 'maxMessageSize'?"),
        ("xyzzy", "unknown option 'xyzzy'"),
    ],
)
def test_an_unknown_option_is_a_warning_with_the_nearest_name(unknown: str, warning: str) -> None:
    resolved = validate(NAME, {unknown: object()})
    assert resolved.warnings == [warning]
    assert resolved.values == validate(NAME, None).values


def test_any_mapping_will_do_and_nothing_else() -> None:
    assert validate(NAME, MappingProxyType({"port": 1})).values["port"] == 1
    with pytest.raises(TypeError, match="options must be a mapping, not list"):
        validate(NAME, [("port", 1)])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "number", "minimum": 0}, "a number, 0 or more"),
        ({"type": "number", "maximum": 1}, "a number, 1 or less"),
        ({"type": "integer"}, "an integer"),
        ({"enum": ["a", 1]}, 'one of "a", 1'),
        ({"type": ["string", "integer", "null"]}, "a string or an integer"),
    ],
)
def test_what_is_allowed_is_said_in_words(schema: dict[str, Any], words: str) -> None:
    assert describe_allowed(schema) == words


def test_the_schemas_are_valid_and_complete() -> None:
    from jsonschema import Draft202012Validator

    assert NAME in schema_names()
    for name in schema_names():
        schema = load_schema(name)
        Draft202012Validator.check_schema(schema)
        assert {"title", "description"} <= schema.keys()
        for option in schema["properties"].values():
            assert {"type", "description", "default", "examples"} <= option.keys()
            for value in [option["default"], *option["examples"]]:
                Draft202012Validator(option).validate(value)


def test_an_unknown_schema_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        load_schema("../pyproject")


def test_an_option_may_be_spelled_in_snake_case() -> None:
    assert option_name("web-socket-server", "host_interface") == "hostInterface"
    assert option_name("web-socket-client", "trusted_ca_cert_path") == "trustedCACertPath"
    assert option_name("web-socket-client", "no_such_option") == "no_such_option"
    assert all(option_name("web-socket-server", name) == name for name in PROPERTIES)


def test_importing_the_package_does_not_import_jsonschema() -> None:
    module = "accessor_host.modules.web_socket_server.server"
    code = f"import sys, {module}; print('jsonschema' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_client_of_a_url_does_not_import_jsonschema_either() -> None:
    code = (
        "import sys; from accessor_host import Client; "
        "Client('wss://a.example:8443/x?y', proxy='http://p:3128', server_name='b'); "
        "print('jsonschema' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
