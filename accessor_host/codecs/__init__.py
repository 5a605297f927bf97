"""Values as messages: MIME types, codecs, images."""
