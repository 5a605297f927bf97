"""What scripts get of a resource: its bytes, as text or raw, or the reason why not.

Source: accessor host reference section 6.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...codecs.charsets import find_charset
from ...errors import AccessorHostError

__all__ = ["MAX_RESOURCE_SIZE", "Resource", "ResourceError", "check_size", "timed_out"]

MAX_RESOURCE_SIZE = 16 * 1024 * 1024
"""Most bytes of a resource: what a message may have."""


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
        codec = find_charset(encoding or self.charset or "utf-8")
        if codec is None and encoding:
            raise ResourceError("ERR_UNKNOWN_ENCODING", f"there is no encoding {encoding!r}")
        return self.data.decode("utf-8" if codec is None else codec.name, "replace")


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
