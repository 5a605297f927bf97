"""This host with one fault: ``python -m tests.support.mutant FAULT SCRIPT``.

A fault is JavaScript after the end of the module: it changes what scripts see, however the module
does its work.
"""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from accessor_host import package_files


@dataclass(frozen=True)
class Fault:
    """What is wrong with a module, or with the runtime of accessors.

    Args:
        code: JavaScript that spoils the module; for the runtime, what stands in one of its files.
        red: cases that must fail, and no others of those that are run.
        module: its name; empty for the runtime.
        file: file of the runtime.
        instead: what takes the place of ``code`` there.
    """

    code: str
    red: tuple[str, ...]
    module: str = "web-socket-server"
    file: str = ""
    instead: str = ""


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

_STORAGE = {
    "forgets at each opening": Fault(
        "const { initSync } = exports;\n"
        "exports.initSync = (...values) => { initSync(...values); exports.clear(); };",
        ("local-storage/storage/opened-again", "local-storage/values/unicode"),
    ),
    "has undefined for null": Fault(
        "const { getItem, key } = exports;\n"
        "exports.getItem = (name) => getItem(name) ?? undefined;\n"
        "exports.key = (index) => key(index) ?? undefined;",
        (
            "local-storage/storage/missing-key",
            "local-storage/storage/removed",
            "local-storage/storage/cleared",
            "local-storage/storage/keys",
        ),
    ),
    "counts wrong": Fault(
        "const { length } = exports;\nexports.length = () => length() + 1;",
        ("local-storage/storage/length",),
    ),
    "has no clear()": Fault(
        "exports.clear = () => {};",
        ("local-storage/storage/cleared",),
    ),
}
_DISPLAY = {
    "prints no title": Fault(
        "exports.TextDisplay.prototype.appendText = (text) => console.log(text);",
        (
            "text-display/display/appendText",
            "text-display/display/displayText",
            "text-display/display/order",
        ),
    ),
}
_RUNTIME = {
    "initializes the container first": Fault(
        "      for (const contained of each(this.containedAccessors)) contained.initialize();\n"
        "    }\n    call(this, 'initialize');",
        ("runtime/life-cycle/children-first",),
        file="life-cycle.js",
        instead="    }\n    call(this, 'initialize');\n"
        "    for (const contained of each(this.containedAccessors)) contained.initialize();",
    ),
    "keeps values after the reaction": Fault(
        "for (let i = 0; i < inputList.length; i++) forget(inputs[inputList[i]]);",
        (
            "runtime/reactions/golden-order",
            "runtime/composites/golden-burst",
        ),
        file="reactions.js",
    ),
    "fires before the generic handlers": Fault(
        "if (accessor.anyInputHandlers.length > 0) handlers.runGeneric(accessor);",
        ("runtime/reactions/golden-order", "runtime/reactions/golden-queue"),
        file="reactions.js",
        instead="runFire(accessor); handlers.runGeneric(accessor);",
    ),
    "converts nothing that is sent": Fault(
        "const converted = convert(root, name, input.type, value);\n    input.currentValue",
        ("runtime/reactions/golden-null",),
        file="delivery.js",
        instead="const converted = value === null ? undefined : value;\n    input.currentValue",
    ),
    "sends unconverted": Fault(
        "const converted = convert(accessor, name, output.type, value);",
        (
            "runtime/conversion/string-of-number",
            "runtime/conversion/int-of-fraction",
            "runtime/reactions/events",
        ),
        file="delivery.js",
        instead="const converted = value;",
    ),
    "maps no outputs of mutables": Fault(
        "    root.connect(accessor, name, name);\n",
        ("runtime/mutables/reified", "runtime/mutables/parameters"),
        file="mutables.js",
    ),
    "lets a class that fails through": Fault(
        "    if (isExhaustion(error)) throw error;\n    return { error:",
        ("runtime/mutables/unknown",),
        file="mutables.js",
        instead="    throw error;\n    return { error:",
    ),
    "forgets that monitoring is deep": Fault(
        "    deepMonitors.add(root.monitor);\n",
        ("runtime/monitoring/deep",),
        file="monitoring.js",
    ),
    "has inputs for parameters": Fault(
        "throw exports.missing(this, ['parameter'], name);\n    const parameter",
        ("runtime/ports/parameter-of-an-input",),
        file="ports.js",
        instead="return this.get(name);\n    const parameter",
    ),
}
_BUS = {
    "has a bus without a fault": Fault("", ()),
    "parses nothing on the bus": Fault(
        "const { emit } = exports.VertxBus.prototype;\n"
        "exports.VertxBus.prototype.emit = function (name, body) {\n"
        "  return emit.call(this, name, body === 5 ? '5' : body);\n};",
        ("eventbus/values/number-in-text",),
    ),
    "unsubscribes nobody": Fault(
        "exports.VertxBus.prototype.unsubscribe = () => {};",
        ("eventbus/unsubscribe/one", "eventbus/unsubscribe/all"),
    ),
    "sends to all": Fault(
        "exports.VertxBus.prototype.send = exports.VertxBus.prototype.publish;",
        ("eventbus/send/to-one", "eventbus/send/reply"),
    ),
    "publishes to one": Fault(
        "exports.VertxBus.prototype.publish = exports.VertxBus.prototype.send;",
        ("eventbus/publish/to-all",),
    ),
}
FAULTS |= {name: replace(fault, module="eventbus") for name, fault in _BUS.items()}
FAULTS |= {name: replace(fault, module="") for name, fault in _RUNTIME.items()}
FAULTS |= {name: replace(fault, module="local-storage") for name, fault in _STORAGE.items()}
FAULTS |= {name: replace(fault, module="text-display") for name, fault in _DISPLAY.items()}


def main(name: str, script: str) -> int:
    """Run a script with a fault, in a folder that the kit removes."""
    fault = FAULTS[name]
    if fault.module:
        _spoil_module(fault, Path(script))
        # Only now: what imports the place of the modules must find this one.
        import accessor_host

        return accessor_host.run(script, engine="quickjs", loop="asyncio")
    _spoil_runtime(fault, Path(script))
    from accessor_host.cli import main as command_line

    return command_line(["invoke", "--engine", "quickjs", script])


def _spoil_module(fault: Fault, script: Path) -> None:
    modules = script.with_name("modules")
    shutil.copytree(package_files.MODULES, modules)
    if fault.module == "eventbus":
        _add_bus(modules / "eventbus")
    frame = _FRAME if fault.module == "web-socket-server" else ";(() => {\n  CODE\n})();\n"
    with (modules / fault.module / f"{fault.module}.js").open("a") as file:
        file.write(frame.replace("CODE", fault.code))
    package_files.MODULES = modules


def _add_bus(folder: Path) -> None:
    """Put a bus of the tests in the place of the module, so that its cases have something good."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    manifest = {
        "name": "@modules/eventbus",
        "version": "0.0.0",
        "description": "A bus.",
        "main": "eventbus.js",
        "accessorHost": {},
    }
    (folder / "package.json").write_text(json.dumps(manifest))
    shutil.copy(Path(__file__).with_name("eventbus.js"), folder / "eventbus.js")


def _spoil_runtime(fault: Fault, script: Path) -> None:
    runtime = script.with_name("runtime")
    shutil.copytree(package_files.RUNTIME, runtime)
    path = runtime / "accessors" / fault.file
    text = path.read_text(encoding="utf-8")
    if text.count(fault.code) != 1:
        raise SystemExit(f"{fault.file} does not have {fault.code!r} once")
    path.write_text(text.replace(fault.code, fault.instead), encoding="utf-8")
    package_files.RUNTIME = runtime


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
