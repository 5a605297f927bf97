"""What every emitter does: the same cases for Server, Socket and Client."""

from __future__ import annotations

from ..case import Suite
from ..values import an_error
from .common import EMITTER

__all__ = ["add_emitter_cases"]


def add_emitter_cases(suite: Suite, what: str, make: str, source: str) -> None:
    """Add the cases of an emitter.

    Args:
        suite: where they go.
        what: name of the class.
        make: JavaScript that defines ``emitter`` and ``other``, two objects of it.
        source: where the specification says that it is an EventEmitter.
    """
    topic = f"emitter-{what.lower()}"

    suite.reports(
        f"{topic}/instance",
        "must",
        f"A {what} is an EventEmitter.",
        source,
        make
        + """
report('instance', emitter instanceof require('events').EventEmitter, typeof emitter.on,
  typeof emitter.once, typeof emitter.emit, typeof emitter.removeListener);
""",
        ("instance", True, "function", "function", "function", "function"),
    )

    suite.reports(
        f"{topic}/order",
        "must",
        f"Listeners of a {what} are called in order, with all arguments, `this` being the {what}.",
        EMITTER,
        make
        + """
emitter.on('own', function (a, b) { report('first', a, b, this === emitter); });
emitter.addListener('own', function () { report('second', arguments.length); });
report('emitted', emitter.emit('own', 1, 'two'), emitter.emit('unheard'));
""",
        ("first", 1, "two", True),
        ("second", 2),
        ("emitted", True, False),
    )

    suite.reports(
        f"{topic}/once",
        "must",
        f"A listener attached to a {what} with once() is called once; on() twice makes it two.",
        EMITTER,
        make
        + """
var twice = reporter('twice');
emitter.once('own', reporter('once'));
emitter.on('own', twice).on('own', twice);
emitter.emit('own');
emitter.removeListener('own', twice);
emitter.emit('own');
""",
        ("once",),
        ("twice",),
        ("twice",),
        ("twice",),
    )

    suite.reports(
        f"{topic}/remove",
        "must",
        f"Listeners of a {what} can be removed, while it emits too.",
        EMITTER,
        make
        + """
function second() { report('second'); }
emitter.on('own', function first() { report('first'); emitter.removeListener('own', second); });
emitter.on('own', second);
emitter.emit('own');
emitter.emit('own');
emitter.removeAllListeners('own');
report('emitted', emitter.emit('own'), emitter.listeners('own').length);
""",
        ("first",),
        ("second",),
        ("first",),
        ("emitted", False, 0),
    )

    suite.reports(
        f"{topic}/own-listeners",
        "must",
        f"Each {what} has listeners of its own.",
        EMITTER,
        make
        + """
emitter.on('own', reporter('emitter'));
other.emit('own');
report('end');
""",
        ("end",),
    )

    suite.reports(
        f"{topic}/not-a-function",
        "should",
        f"Something that is no function cannot listen to a {what}.",
        EMITTER,
        make + "attempt('on', function () { emitter.on('own', 'text'); });",
        ("on", "threw", an_error(name="TypeError")),
    )
