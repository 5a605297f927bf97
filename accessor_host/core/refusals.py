"""Operations that scripts asked for and Python could not do: counted, and logged once by name."""

from __future__ import annotations

import logging
import os

__all__ = ["MAX_LOGGED_NAMES", "MAX_NAME_LENGTH", "Refusals"]

logger = logging.getLogger("accessor_host.host")

MAX_LOGGED_NAMES = 100
"""Names that are logged: the host has fewer operations, and a script can make up any number."""

MAX_NAME_LENGTH = 64
"""Characters of a name that are logged: no operation of the host has as many."""


class Refusals:
    """The operations that were refused."""

    def __init__(self) -> None:
        self.count = 0
        """How many there were in all."""
        self._logged: set[str] = set()

    def add(self, name: object, error: Exception) -> None:
        """Count a refused operation, and log the first of its name.

        The log has neither its details nor the text of the error, which may quote them.

        Args:
            name: its name, as the script has it; empty if it cannot be read.
            error: why it is refused.
        """
        self.count += 1
        shown = _show(name)
        if shown in self._logged or len(self._logged) >= MAX_LOGGED_NAMES:
            return
        self._logged.add(shown)
        logger.error(
            "operation %s is refused: %s in %s", shown, type(error).__name__, _place(error)
        )
        if len(self._logged) == MAX_LOGGED_NAMES:
            logger.error("operations of other names that are refused are not logged any more")


def _show(name: object) -> str:
    if not isinstance(name, str) or not name:
        return "without a readable name"
    # A sender's address is its operation and a number; the operation is what is refused.
    return ascii(name.partition(" ")[0][:MAX_NAME_LENGTH])


def _place(error: Exception) -> str:
    traceback = error.__traceback__
    if traceback is None:
        return "an unknown place"
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    code = traceback.tb_frame.f_code
    return f"{os.path.basename(code.co_filename)}:{traceback.tb_lineno}"
