"""The runtime and the host's modules call nothing that a script can replace.

``runtime/core/primordials.js`` says why, and what they call instead.
"""

from __future__ import annotations

import re

from accessor_host.package_files import MODULES, RUNTIME

from .test_requires import COMMENT

REPLACEABLE = (
    "push|pop|shift|unshift|splice|map|filter|forEach|join|some|every|find|findIndex|reduce|sort|"
    "reverse|flatMap|concat|slice|indexOf|lastIndexOf|includes|startsWith|endsWith|split|replace|"
    "trim|repeat|padStart|padEnd|toUpperCase|toLowerCase|charCodeAt|match|test|exec|call|apply|"
    "bind|then|catch"
)

PATTERNS = {
    "a method": re.compile(rf"[\w\])'/]\.(?:{REPLACEABLE})\("),
    "a template literal, which is a call of concat": re.compile(r"`[^`']*\$\{"),
    "a loop through a list's own iterator": re.compile(r"for \((?:const|let) .* of (?!each\()"),
}

LEFT_OUT = {
    "core/bootstrap.js",  # calls methods before the first script only
    "core/primordials.js",
    "node/internal/buffer-search.js",  # only a script's own bytes pass through it
}

OWN_METHODS = (
    "accessors.find(",
    "entry.call()",
    "exports.find(",
    "heap.pop()",
    "heap.push(",
    "input.queuedInputs.push(",
    "library.find(",
    "queuedInputs.shift()",
    "timed.push(",
    "zero.push(",
    "zero.shift()",
    "bytes.slice(",
    "bytes.buffer.slice(",
)
"""Calls of methods that the runtime's own classes have, and of a script's own bytes."""


def test_nothing_that_a_script_can_replace_is_called() -> None:
    files = {file.relative_to(RUNTIME).as_posix(): file for file in RUNTIME.rglob("*.js")}
    files |= {f"modules/{file.name}": file for file in MODULES.rglob("*.js")}
    wrong = []
    for name, file in files.items():
        if name in LEFT_OUT:
            continue
        source = COMMENT.sub("", file.read_text(encoding="utf-8"))
        for number, line in enumerate(source.splitlines(), 1):
            rest = line
            for own in OWN_METHODS:
                rest = rest.replace(own, "")
            wrong += [
                f"{name}:{number} has {what}: {line.strip()}"
                for what, pattern in PATTERNS.items()
                if pattern.search(rest)
            ]
    assert wrong == []
