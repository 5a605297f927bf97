"""This host with one fault: ``python -m tests.support.mutant FAULT SCRIPT``.

A fault is JavaScript after the end of the module: it changes what scripts see, however the module
does its work.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from accessor_host import package_files


@dataclass(frozen=True)
class Fault:
    """What is wrong with the module web-socket-server.

    Args:
        code: JavaScript that spoils it.
        red: cases that must fail, and no others of those that are run.
    """

    code: str
    red: tuple[str, ...]


_FRAME = """
;(() => {
  const { Server, Socket } = exports;
  const { emit } = require('events').prototype;

  // Have an event of a class pass through a function, which may emit what it likes.
  function intercept(target, event, action) {
    const inner = target.prototype.emit;
    target.prototype.emit = function (name, ...values) {
      const pass = (...others) => inner.call(this, name, ...others);
      return name === event ? action(this, pass, values) : inner.call(this, name, ...values);
    };
  }

  // Change the options of every server, and its properties.
  function construct(options, after = () => {}) {
    exports.Server = class extends Server {
      constructor(given) {
        super({ ...given, ...options });
        after(this, given);
      }
    };
  }

  CODE
})();
"""

FAULTS = {
    "drops listening": Fault(
        "intercept(Server, 'listening', () => false);",
        ("server/listening/emitted", "server/listening/before-connection"),
    ),
    "emits listening in start()": Fault(
        """
        const { start } = Server.prototype;
        Server.prototype.start = function () {
          this.emit('listening', this.port);
          start.call(this);
        };
        """,
        ("server/listening/asynchronous",),
    ),
    "emits listening twice": Fault(
        "intercept(Server, 'listening', (server, pass, [port]) => pass(port) && pass(port));",
        ("server/listening/once",),
    ),
    "swaps two messages": Fault(
        """
        let held = [];
        intercept(Socket, 'message', (socket, pass, values) => {
          held.unshift(() => pass(...values));
          if (held.length === 2) { held.forEach((action) => action()); held = []; }
        });
        """,
        ("server/message/order", "server/receive/text"),
    ),
    "drops every tenth message": Fault(
        """
        let count = 0;
        intercept(Socket, 'message', (socket, pass, values) => {
          count += 1;
          if (count % 10) pass(...values);
        });
        """,
        ("server/message/order",),
    ),
    "gives message a second argument": Fault(
        "intercept(Socket, 'message', (socket, pass, values) => pass(...values, false));",
        ("server/message/one-argument", "server/receive/json-objects", "server/receive/text"),
    ),
    "never parses JSON": Fault(
        "construct({ receiveType: 'text/plain' });",
        ("server/receive/json-objects", "server/receive/json-default"),
    ),
    "parses what is text": Fault(
        "construct({ receiveType: 'application/json' });",
        ("server/receive/text",),
    ),
    "gives every socket every message": Fault(
        """
        const sockets = [];
        intercept(Server, 'connection', (server, pass, [socket]) => {
          sockets.push(socket);
          pass(socket);
        });
        intercept(Socket, 'message', (socket, pass, values) => {
          sockets.forEach((each) => emit.call(each, 'message', ...values));
        });
        """,
        ("server/message/own-socket",),
    ),
    "never writes JSON": Fault(
        "construct({ sendType: 'text/plain' });",
        ("server/send/json-objects", "server/send/json-default"),
    ),
    "sends binary for text": Fault(
        """
        construct({ sendType: 'application/octet-stream' }, (server, given) => {
          server.on('connection', (socket) => {
            const { send } = socket;
            const isText = given.sendType === 'text/plain';
            socket.send = (value) =>
              send.call(socket, Buffer.from(isText ? String(value) : JSON.stringify(value)));
          });
        });
        """,
        ("server/send/text-frames",),
    ),
    "sends everything twice": Fault(
        """
        const { send } = Socket.prototype;
        Socket.prototype.send = function (value) {
          send.call(this, value);
          send.call(this, value);
        };
        """,
        ("server/send/order", "server/send/text"),
    ),
    "emits connection twice": Fault(
        "intercept(Server, 'connection', (server, pass, [own]) => pass(own) && pass(own));",
        ("server/connection/once", "server/connection/own-socket", "server/receive/text"),
    ),
    "emits close twice": Fault(
        "intercept(Socket, 'close', (socket, pass, [code]) => pass(code, '') && pass(code, ''));",
        ("server/close/by-client", "server/close/by-server"),
    ),
    "never emits close": Fault(
        "intercept(Socket, 'close', () => false);",
        (
            "server/close/by-client",
            "server/close/by-server",
            "server/is-open/in-close-event",
            "server/stop/socket-close-events",
        ),
    ),
    "says goodbye with another code": Fault(
        """
        const { close } = Socket.prototype;
        Socket.prototype.close = function (code = 1001, reason = '') {
          close.call(this, code, reason);
        };
        """,
        ("server/close/by-server-code",),
    ),
    "close() does nothing": Fault(
        "Socket.prototype.close = function () {};",
        ("server/close/by-server", "server/close/by-server-code", "server/is-open/after-close"),
    ),
    "isOpen() stays true": Fault(
        "Socket.prototype.isOpen = function () { return true; };",
        ("server/is-open/after-close", "server/is-open/in-close-event"),
    ),
    "has another default port": Fault(
        "construct({}, (server, given) => { if (!given || !given.port) server.port = 8080; });",
        ("server/options/default-port",),
    ),
    "needs options": Fault(
        "construct({}, (server, given) => given.port);",
        ("server/options/missing",),
    ),
    "swallows errors": Fault(
        "intercept(Server, 'error', () => false);",
        ("server/error/port-in-use",),
    ),
    "emits strings for errors": Fault(
        "intercept(Server, 'error', (server, pass, [error]) => pass(String(error)));",
        ("server/error/port-in-use",),
    ),
    "stop() leaves sockets open": Fault(
        """
        const { stop } = Server.prototype;
        let count = 0;
        intercept(Server, 'connection', (server, pass, [socket]) => { count += 1; pass(socket); });
        Server.prototype.stop = function () { if (count === 0) stop.call(this); };
        """,
        (
            "server/stop/no-more-clients",
            "server/stop/closes-sockets",
            "server/stop/socket-close-events",
        ),
    ),
    "shares listeners among servers": Fault(
        """
        const shared = new Server();
        const { on } = Server.prototype;
        Server.prototype.on = function (...values) { on.apply(shared, values); return this; };
        Server.prototype.emit = function (...values) { return emit.apply(shared, values); };
        """,
        ("server/emitter-server/own-listeners",),
    ),
}
"""By what they do wrong."""


def main(name: str, script: str) -> int:
    """Run a script with a fault, in a folder that the kit removes."""
    modules = Path(script).with_name("modules")
    shutil.copytree(package_files.MODULES, modules)
    with (modules / "web-socket-server" / "web-socket-server.js").open("a") as file:
        file.write(_FRAME.replace("CODE", FAULTS[name].code))
    package_files.MODULES = modules
    # Only now: what imports the place of the modules must find this one.
    import accessor_host

    return accessor_host.run(script, engine="quickjs", loop="asyncio")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
