"""One evaluation of dukpy's that waits, in a greenlet, while the event loop goes on.

dukpy collects garbage before and after every evaluation: 0.2 ms for a small script, and the longer
the more its heap holds (of evaluations that do next to nothing: 12,000 a second on an empty heap,
300 with 10,000 objects, 17 with 100,000). An evaluation that stays under way from turn to turn does
not pay that. Its script calls Python for the next turn, and that call must not return before there
is one: only a second stack can wait there, and a thread would take longer to switch to than a turn.
This is the one file that knows of greenlets.
"""

from __future__ import annotations

from collections.abc import Callable

from greenlet import getcurrent, greenlet

__all__ = ["Evaluation"]


class Evaluation:
    """Run a function that pauses in the middle, for as long as others like.

    Args:
        evaluate: runs a script; functions that the script calls may pause it.
        script: what it runs.
    """

    def __init__(self, evaluate: Callable[[str], object], script: str) -> None:
        self._evaluate = evaluate
        self._script = script
        self._greenlet: greenlet | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether the function has begun, and not ended."""
        return self._greenlet is not None

    def begin(self) -> None:
        """Run the function until it pauses or ends.

        Raises:
            Exception: whatever the function raises.
        """
        self._greenlet = running = greenlet(self._evaluate)
        self._switch(running, self._script)

    def go_on(self) -> None:
        """Let the function go on until it pauses or ends; nothing if it has ended.

        Raises:
            Exception: whatever the function raises.
        """
        if self._greenlet is not None:
            self._switch(self._greenlet)

    def pause(self) -> None:
        """Pause the function, from inside, until :meth:`go_on` is called."""
        outside = getcurrent().parent
        # Only the main greenlet has no parent, and it runs no evaluation.
        if outside is not None:
            outside.switch()

    def _switch(self, running: greenlet, *arguments: str) -> None:
        # Where it goes when it pauses, or ends with a result or an exception.
        running.parent = getcurrent()
        try:
            running.switch(*arguments)
        finally:
            if running.dead:
                self._greenlet = None
