"""Values by key, in a folder, at once."""

from __future__ import annotations

from ...case import Suite
from ...values import AN_ERROR

__all__ = ["suite"]

suite = Suite("local-storage", "local-storage")

_FUNCTIONS = "local-storage, version 0: Module Functions"

_OPEN = """
var storage = require('@modules/local-storage');
storage.initSync({dir: FOLDER + '/store'});
"""

suite.reports(
    "storage/functions",
    "must",
    "The module exports initSync, getItem, setItem, remove, clear, key and length.",
    _FUNCTIONS,
    """
var storage = require('@modules/local-storage');
report('missing', ['initSync', 'getItem', 'setItem', 'remove', 'clear', 'key', 'length']
  .filter(function (name) { return typeof storage[name] !== 'function'; }));
""",
    ("missing", []),
)

suite.reports(
    "storage/set-and-get",
    "must",
    "getItem() returns at once what setItem() has stored.",
    _FUNCTIONS,
    _OPEN + "storage.setItem('a', 'one');\nreport('a', storage.getItem('a'));",
    ("a", "one"),
)

suite.reports(
    "storage/missing-key",
    "must",
    "getItem() of a key that there is not returns null.",
    _FUNCTIONS,
    _OPEN + "report('a', storage.getItem('a'));",
    ("a", None),
)

suite.reports(
    "storage/replaced",
    "must",
    "A second value takes the place of the first, and is one item.",
    _FUNCTIONS,
    _OPEN
    + "storage.setItem('a', 'one');\nstorage.setItem('a', 'two');\n"
    + "report('a', storage.getItem('a'), storage.key(0), storage.key(1) == null);",
    ("a", "two", "a", True),
)

suite.reports(
    "storage/removed",
    "must",
    "remove() removes one key; to remove one that there is not is no error.",
    _FUNCTIONS,
    _OPEN
    + "storage.setItem('a', 'one');\nstorage.setItem('b', 'two');\nstorage.remove('a');\n"
    + "storage.remove('a');\nreport('items', storage.getItem('a'), storage.getItem('b'));",
    ("items", None, "two"),
)

suite.reports(
    "storage/cleared",
    "must",
    "clear() removes all keys.",
    _FUNCTIONS,
    _OPEN
    + "storage.setItem('a', 'one');\nstorage.setItem('b', 'two');\nstorage.clear();\n"
    + "report('items', storage.getItem('a'), storage.getItem('b'), storage.key(0) == null);",
    ("items", None, None, True),
)

suite.reports(
    "storage/length",
    "must",
    "length() returns the number of keys.",
    _FUNCTIONS,
    _OPEN
    + "report('none', storage.length());\nstorage.setItem('a', 'one');\n"
    + "storage.setItem('b', 'two');\nreport('two', storage.length());",
    ("none", 0),
    ("two", 2),
)

suite.reports(
    "storage/keys",
    "must",
    "key(n) names each key once, and is null behind the last.",
    _FUNCTIONS,
    _OPEN
    + "storage.setItem('b', 'two');\nstorage.setItem('a', 'one');\n"
    + "report('keys', [storage.key(0), storage.key(1)].sort(), storage.key(2));",
    ("keys", ["a", "b"], None),
)

suite.reports(
    "storage/opened-again",
    "must",
    "Values are kept in the folder: they are there when it is opened again.",
    _FUNCTIONS,
    _OPEN
    + "storage.setItem('a', 'one');\nstorage.initSync({dir: FOLDER + '/other'});\n"
    + "report('other', storage.getItem('a'));\nstorage.initSync({dir: FOLDER + '/store'});\n"
    + "report('again', storage.getItem('a'));",
    ("other", None),
    ("again", "one"),
)

suite.reports(
    "storage/not-opened",
    "should",
    "Before initSync(), getItem() throws.",
    "common host: local-storage",
    """
var storage = require('@modules/local-storage');
try { storage.getItem('a'); report('returned'); } catch (error) { report('threw', error); }
""",
    ("threw", AN_ERROR),
)

for _name, _key in {
    "dots": "../outside",
    "separators": "a/b\\\\c",
    "empty": "",
    "unicode": "gr\\u00fc\\u00df \\ud83d\\ude00",
}.items():
    suite.reports(
        f"keys/{_name}",
        "should" if _key else "extra",
        f"Any string is a key, also {_key!r}.",
        "common host: local-storage" if _key else "decision of accessor-host",
        _OPEN + f"storage.setItem('{_key}', 'one');\nreport('item', storage.getItem('{_key}'));\n"
        f"report('key', storage.key(0) === '{_key}');",
        ("item", "one"),
        ("key", True),
    )

suite.reports(
    "values/unicode",
    "must",
    "Values keep every character and line.",
    _FUNCTIONS,
    _OPEN
    + "var text = 'gr\\\\u00fc\\\\u00df \\\\ud83d\\\\ude00\\\\n\\\\t\"';\n".replace("\\\\", "\\")
    + "storage.setItem('a', text);\nstorage.initSync({dir: FOLDER + '/store'});\n"
    + "report('same', storage.getItem('a') === text);",
    ("same", True),
)

suite.reports(
    "values/empty",
    "must",
    "An empty value is a value.",
    _FUNCTIONS,
    _OPEN + "storage.setItem('a', '');\nreport('a', storage.getItem('a'));",
    ("a", ""),
)

suite.reports(
    "values/numbers",
    "should",
    "A number is stored as text.",
    "common host: local-storage",
    _OPEN + "storage.setItem('a', 5);\nreport('a', storage.getItem('a'));",
    ("a", "5"),
)
