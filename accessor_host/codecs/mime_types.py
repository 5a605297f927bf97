"""Names of the MIME types that this host encodes and decodes: what is listed is what works.

Source: module specification section 3.2.
"""

__all__ = ["ALIASES", "BAD_IMAGE", "IMAGE_TYPES", "SUPPORTED_TYPES"]

BAD_IMAGE = "WS_BAD_IMAGE"
"""Code of a message that is no image, or none that is acceptable."""

_PLAIN = (
    "application/json",
    "text/plain",
    "text/html",
    "text/csv",
    "text/xml",
    "application/octet-stream",
)

_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/bmp", "image/webp")

ALIASES = {
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
"""What other hosts list, and what scripts written for them therefore ask for, each with its MIME
type. WBMP, which some list too, is not among the formats of Pillow."""

IMAGE_TYPES = {name: name for name in _IMAGES} | ALIASES
"""All names of image types, each with its MIME type."""

SUPPORTED_TYPES = (*_PLAIN, *IMAGE_TYPES)
"""Every listed type; any other ``text/x`` works as well."""
