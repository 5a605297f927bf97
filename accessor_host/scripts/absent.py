"""Modules that accessors of the library ask for and this host has not, each with the reason.

The names are those of the module specification, sections 11, 12 and 22. A package of another author
may bring any of them (``docs/write-a-module.md``): these are looked up last.
"""

from __future__ import annotations

from ..manifests import module_name

__all__ = ["ABSENT", "NOT_AVAILABLE", "NOT_FOUND", "code_of", "why_absent"]

NOT_AVAILABLE = "ERR_MODULE_NOT_AVAILABLE"
"""Code of the error."""

NOT_FOUND = "MODULE_NOT_FOUND"
"""Node's code for what is not there, which scripts and packages look at that can do without."""

_OF_NODE = "it is Node's own, and scripts have no {}"
_OF_LIBRARY = (
    "it is a plain script of the accessor library, in hosts/common/modules; name the library's "
    "folder with --library"
)
_OF_CAPE_CODE = "it belongs to {}, and no accessor of the library works with it outside"
_CLOSED = "it is a package of npm for a service of the Internet that {}"

ABSENT = {
    "apiai": _CLOSED.format("is closed"),
    "ble": "Bluetooth Low Energy needs a radio and BlueZ, or a telephone",
    "browser": "it is the display of Cape Code; use user-interface",
    "commonHost.js": "it is the host itself, in Cape Code and Node; here, instantiate() and the "
    "other functions of accessors are there without it",
    "contextAware": _OF_CAPE_CODE.format("windows of Cape Code"),
    "contextAwareTest": _OF_CAPE_CODE.format("windows of Cape Code"),
    "crypto": _OF_NODE.format("cryptography"),
    "dataConverter": _OF_CAPE_CODE.format("iot-auth of Cape Code"),
    "deterministicTemporalSemantics": _OF_LIBRARY
    + "; timers of accessors are deterministic here without it",
    "eventbus": "the bus between hosts is a later part of this host; use mqtt",
    "face-detector": "it needs a model of faces, and OpenCV's packages bring none any more",
    "fs": _OF_NODE.format("files; use local-storage, or getResource"),
    "gdp": "it needs a log server of the Global Data Plane",
    "grpc": "it is a package of npm that speaks HTTP/2 through Node's own modules",
    "@grpc/proto-loader": "it is a package of npm that needs grpc, which needs Node",
    "hostHelper": _OF_LIBRARY,
    "image-processing-display": "it is a canvas of the browser; use image-filters",
    "IMUSensor": "it needs a sensor on Bluetooth and a driver of Cape Code",
    "lifx": "it is a bridge to lamps that no accessor of the library uses",
    "mapManager": _OF_CAPE_CODE.format("a map service of Cape Code"),
    "mock-hue-bridges": "it stands for lamps in tests of Cape Code, and no accessor uses it",
    "n3": _OF_LIBRARY,
    "process": _OF_NODE.format("process of their own"),
    "registery": _OF_LIBRARY,
    "ros": "it needs a robot with rosbridge; use web-socket-client, which speaks to one",
    "speech-recognition": "it needs a microphone and a model of speech that no extra brings yet",
    "syncAtom": _OF_LIBRARY,
    "testing": "it runs mocha in Cape Code; accessor-host conformance judges hosts, and "
    "composites judge accessors",
    "url": _OF_NODE.format("use of it: URLs are texts"),
    "wifi-scanner": "a scan of wireless networks needs a radio, and rights of an administrator",
    "xbee": "it needs a radio module; use serial, which speaks to one in transparent mode",
}
"""Why there is no such module, the end of a sentence, by the name that accessors give it."""

OF_NODE = frozenset(("@grpc/proto-loader", "apiai", "crypto", "fs", "grpc", "n3", "process", "url"))
"""Names that are Node's own or of a package of npm, as these are required: who asks for one asks
for that, and may have something else in its place."""


def code_of(request: str) -> str:
    """Return the code of the error about a module that is not there.

    Args:
        request: what was given to ``require``.
    """
    return NOT_FOUND if request in OF_NODE else NOT_AVAILABLE


def why_absent(request: str) -> str | None:
    """Return why a module is not there, or None where nobody has heard of it.

    Args:
        request: what was given to ``require``, with a scope or without, in any spelling.
    """
    return _BY_KEY.get(_key(request))


def _key(request: str) -> str:
    # Of a scope that is none of the host's, it is another package.
    name = request.rpartition("/")[2] if module_name(request) is not None else request
    return name.replace("-", "").lower()


_BY_KEY = {_key(name): reason for name, reason in ABSENT.items()}
