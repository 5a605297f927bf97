"""Names of the MIME types that this host encodes and decodes: what is listed is what works.

Source: module specification section 3.2.
"""

from __future__ import annotations

from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from typing import Any

__all__ = [
    "BAD_IMAGE",
    "IMAGES_EXTRA",
    "aliases",
    "image_types",
    "missing_types",
    "supported_types",
    "type_table",
]

BAD_IMAGE = "WS_BAD_IMAGE"
"""Code of a message that is no image, or none that is acceptable."""

IMAGES_EXTRA = "pip install 'accessor-host[images]'"
"""Command that brings the types that need Pillow."""

_PLAIN = (
    "application/json",
    "text/plain",
    "text/html",
    "text/csv",
    "text/xml",
    "application/octet-stream",
)

_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/bmp", "image/webp")

# What other hosts list, and what scripts written for them therefore ask for. WBMP, which some
# list too, is not among the formats of Pillow.
_ALIASES = {
    "image/jpg": "image/jpeg",
    "png": "image/png",
    "PNG": "image/png",
    "jpg": "image/jpeg",
    "JPG": "image/jpeg",
    "jpeg": "image/jpeg",
    "JPEG": "image/jpeg",
    "gif": "image/gif",
    "GIF": "image/gif",
    "bmp": "image/bmp",
    "BMP": "image/bmp",
}

_ALL_IMAGES = {name: name for name in _IMAGES} | _ALIASES


def image_types() -> dict[str, str]:
    """Return the names of image types that work, each with its MIME type.

    Empty without Pillow. Pillow is looked for, not imported: it would make every start slower.
    """
    pillow = find_spec("PIL")
    if pillow is None:
        return {}
    # Pillow is always built with the others unless whoever builds it says no.
    without = () if _has_webp(pillow) else ("image/webp",)
    return {name: mime for name, mime in _ALL_IMAGES.items() if mime not in without}


def _has_webp(pillow: ModuleSpec) -> bool:
    return PathFinder.find_spec("PIL._webp", pillow.submodule_search_locations) is not None


def aliases() -> dict[str, str]:
    """Return the legacy names of image types that work, each with its MIME type."""
    return {name: mime for name, mime in image_types().items() if name != mime}


def missing_types() -> list[str]:
    """Return the names of types that would work with the extra ``images``."""
    return _missing(image_types())


def supported_types() -> tuple[str, ...]:
    """Return every listed type; any other ``text/x`` works as well."""
    return (*_PLAIN, *image_types())


def type_table() -> dict[str, Any]:
    """Return what the codecs in JavaScript have to know, with a JSON form."""
    # Looked up once: each time takes a walk through the folders of packages.
    images = image_types()
    return {
        "supported": (*_PLAIN, *images),
        "image": images,
        "missing": _missing(images),
        "extra": IMAGES_EXTRA,
    }


def _missing(images: dict[str, str]) -> list[str]:
    return [] if images else list(_ALL_IMAGES)
