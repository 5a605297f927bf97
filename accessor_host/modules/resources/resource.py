"""What scripts get of a resource: its bytes, as text or raw, or the reason why not.

Source: accessor host reference section 6.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from ...errors import AccessorHostError

__all__ = ["MAX_RESOURCE_SIZE", "Resource", "ResourceError", "check_size", "timed_out"]

MAX_RESOURCE_SIZE = 16 * 1024 * 1024
"""Most bytes of a resource: what a message may have."""

_NODE_ENCODINGS = {"utf16le": "utf-16-le", "ucs2": "utf-16-le", "binary": "latin-1"}
"""Names that Node has and Python does not."""

_NO_CHARSETS = ("idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape")
"""Text encodings of Python's that no resource has; the time of some grows with the square."""


class ResourceError(AccessorHostError):
    """Report to a script why it does not get a resource; it never gets to a Python program.

    Args:
        code: the HTTP status, or a stable machine-readable name, for example ``"ENOENT"``.
        reason: the resource and the cause, in words.
    """

    def __init__(self, code: int | str, reason: str) -> None:
        self.code = code
        # What a server says may be meant for the terminal that shows a log.
        super().__init__("".join(one if one.isprintable() else "\ufffd" for one in reason))


@dataclass(frozen=True)
class Resource:
    """What a resource holds.

    Args:
        data: its bytes.
        charset: the encoding of its text, if its server says so.
    """

    data: bytes
    charset: str | None = None

    def text(self, encoding: str | None) -> str:
        """Decode the bytes; those that are no text become U+FFFD.

        Args:
            encoding: name of an encoding, as Node or Python have it; ``None`` takes the server's,
                or UTF-8.

        Raises:
            ResourceError: there is no such encoding.
        """
        codec = _codec(encoding or self.charset or "utf-8")
        if codec is None and encoding:
            raise ResourceError("ERR_UNKNOWN_ENCODING", f"there is no encoding {encoding!r}")
        return self.data.decode(codec or "utf-8", "replace")


def timed_out(what: str, timeout: float) -> ResourceError:
    """Make the error of a resource that took too long.

    Args:
        what: the resource.
        timeout: the limit in seconds.
    """
    return ResourceError("ETIMEDOUT", f"{what}: no complete answer within {timeout * 1000:g} ms")


def check_size(what: str, size: int) -> None:
    """Refuse a resource that is too large.

    Args:
        what: the resource.
        size: bytes of it that are known.

    Raises:
        ResourceError: it is larger than :data:`MAX_RESOURCE_SIZE`.
    """
    if size > MAX_RESOURCE_SIZE:
        raise ResourceError("EFBIG", f"{what}: larger than {MAX_RESOURCE_SIZE} bytes")


def _codec(name: str) -> str | None:
    name = _NODE_ENCODINGS.get(name.lower().replace("-", "").replace("_", ""), name)
    try:
        codec = codecs.lookup(name)
        b"a".decode(name, "replace")
    except (LookupError, ValueError):
        return None
    return None if codec.name in _NO_CHARSETS else codec.name
