"""Why a request over HTTP has no answer."""

from __future__ import annotations

import errno
import re
from typing import TYPE_CHECKING

from ...errors import AccessorHostError
from ...net.connect import why
from ...net.failures import failure_of

if TYPE_CHECKING:
    from ...net.tls.settings import ClientTls

__all__ = ["RequestError", "TooManyRedirects", "connect_failure"]

_NUMBER = re.compile(r"\[Errno (\d+)\]")


class RequestError(AccessorHostError):
    """Report why a request has no answer; a module tells its script.

    Args:
        code: stable machine-readable name: Node's, for example ``"ECONNREFUSED"``, where it has
            one; else one that begins with ``HTTP_``.
        reason: the server and the cause in words, without what may be a secret.
    """

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(code, reason)

    def __str__(self) -> str:
        return self.reason


class TooManyRedirects(RequestError):
    """Report that servers redirect more often than may be followed.

    Args:
        status: of the last answer.
        reason: as for :class:`RequestError`.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__("HTTP_TOO_MANY_REDIRECTS", reason)
        self.status = status


def connect_failure(where: str, error: OSError | ValueError, tls: ClientTls | None) -> RequestError:
    """Make the error of a server that cannot be reached.

    Args:
        where: the server, as a URL.
        error: what :func:`~accessor_host.net.connect.connect` raised.
        tls: settings of a client that speaks TLS; None for plain text.
    """
    code = "HTTP_CONNECT_FAILED"
    if isinstance(error, OSError):
        # With several addresses that fail, asyncio has one error with all their texts.
        numbers = _NUMBER.findall(str(error)) if error.errno is None else []
        if numbers:
            code = errno.errorcode.get(int(numbers[-1]), code)
        else:
            code = (failure_of(error) or (code, ""))[0]
    return RequestError(code, f"could not connect to {where}: {why(error, tls)}")
