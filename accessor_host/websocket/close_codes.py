"""What may stand in a close frame (RFC 6455 sections 5.5.1 and 7.4)."""

from __future__ import annotations

from .limits import LARGEST_CONTROL_FRAME

__all__ = ["LONGEST_REASON", "check_close", "fitting_reason"]

LONGEST_REASON = LARGEST_CONTROL_FRAME - 2
"""Bytes that are left for the reason beside the code."""

_SENDABLE = (range(1000, 1004), range(1007, 1015), range(3000, 5000))
# 1004 has no meaning, 1005, 1006 and 1015 only stand for what no frame said (section 7.4.1);
# 1012 to 1014 were registered with IANA later.


def check_close(code: int | None, reason: str) -> None:
    """Check what the caller wants to close a connection with.

    Args:
        code: close code, or None for none.
        reason: text for the peer.

    Raises:
        ValueError: the code may not be sent, the reason is too long or stands without a code.
    """
    if code is None:
        if reason:
            raise ValueError("a close reason needs a close code")
        return
    if isinstance(code, bool) or not any(code in codes for codes in _SENDABLE):
        raise ValueError(
            f"close code {code!r} may not be sent; expected one of 1000 to 1003, 1007 to 1014, "
            "3000 to 4999"
        )
    if len(reason.encode("utf-8", "surrogatepass")) > LONGEST_REASON:
        raise ValueError(f"close reason is longer than {LONGEST_REASON} bytes in UTF-8")
    reason.encode()  # a lone surrogate is a UnicodeEncodeError, which is a ValueError


def fitting_reason(reason: str) -> str:
    """Cut a reason to what fits in a close frame, at a character's border."""
    return reason.encode("utf-8", "replace")[:LONGEST_REASON].decode("utf-8", "ignore")
