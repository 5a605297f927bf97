"""The order of callbacks where accessors make the requests."""

from __future__ import annotations

import json
from pathlib import Path

from ...support.library import run_here, write_library
from ...support.programs import ACCESSOR_HOST, run
from ...support.web import serving_web

ASKER = """
var http = require('@accessors-modules/http-client');
exports.setup = function () {};
exports.initialize = function () {
  var left = 2;
  PATHS.forEach((path) => {
    http.get('URL/' + path, (message) => {
      console.log('NAME ' + message.body);
      if (--left === 0) this.stop();
    });
  });
};
"""

FOLLOWER = """
var http = require('@modules/http-client');
exports.setup = function () {};
exports.initialize = function () {
  var self = this;
  http.get('URL/to/gate/behind', function (redirect) {
    http.get('URL/' + redirect.headers.location, function (m) {
      console.log('redirected', String(m.body));
    });
    http.get('URL/open', function (m) { console.log(String(m.body)); self.stop(); });
  });
};
"""


def test_accessors_do_not_wait_for_each_other(engine: str, tmp_path: Path) -> None:
    with serving_web() as web:
        # Quick opens the gate that Slow stands at, although its requests come second.
        for name, paths in (("Slow", ["gate/first", "text/"]), ("Quick", ["open", "text/"])):
            source = ASKER.replace("PATHS", json.dumps(paths)).replace("URL", web.url)
            write_library(tmp_path, {name: source.replace("NAME", name)})
        ended = run_here(tmp_path, "Slow", "Quick", engine=engine)
    assert (ended.code, ended.stderr) == (0, "")
    lines = ended.stdout.splitlines()
    assert [line for line in lines if "Slow" in line] == ["Slow first", "Slow héllo"]
    assert [line for line in lines if "Quick" in line] == ["Quick opened", "Quick héllo"]


def test_a_request_in_a_callback_has_its_place_in_the_same_order(
    engine: str, tmp_path: Path
) -> None:
    with serving_web() as web:
        write_library(tmp_path, {"Follower": FOLLOWER.replace("URL", web.url)})
        ended = run_here(tmp_path, "Follower", engine=engine)
    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[:2] == ["redirected behind", "opened"]


def test_the_example_gets_a_document(engine: str, tmp_path: Path) -> None:
    examples = Path(__file__).resolve().parents[3] / "examples"
    with serving_web() as web:
        composite = f"""
            exports.setup = function () {{
              var get = this.instantiate('get', 'net/HttpGet');
              get.setParameter('url', '{web.url}/echo');
              var end = this.instantiateFromCode('end', 'exports.setup = function () {{' +
                '  this.input("document");' +
                '}};' +
                'exports.initialize = function () {{' +
                '  this.addInputHandler("document", () => {{' +
                '    console.log(this.get("document").path);' +
                '    this.container.stop();' +
                '  }});' +
                '}};');
              this.connect(get, 'document', end, 'document');
              this.input('trigger');
              this.connect('trigger', get, 'trigger');
            }};
            exports.initialize = function () {{
              this.provideInput('trigger', true);
            }};
        """
        write_library(tmp_path, {"Once": composite})
        ended = run(
            [
                ACCESSOR_HOST,
                "invoke",
                "--engine",
                engine,
                "--library",
                examples,
                "--library",
                tmp_path,
                "Once",
            ]
        )
    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[0] == "/echo"
