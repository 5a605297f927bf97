"""Masking of payloads (RFC 6455 section 5.3), by the C extension where there is one."""

from __future__ import annotations

try:
    from websockets.speedups import apply_mask
except ImportError:  # the library was installed without its C extension
    from websockets.utils import apply_mask

__all__ = ["apply_mask"]
