"""What scripts can read by ``require``, with permissions and without, on both engines."""

from __future__ import annotations

import asyncio
import io
import os
from pathlib import Path
from typing import Any

import pytest

from accessor_host import Host
from accessor_host.scripts.loader import Loader
from accessor_host.scripts.plain_files import is_special, read_plain_file

SECRET = "root:x:0:0:hidden"

PRINTS = """
for (const request of %r) {
  try {
    console.log('got', JSON.stringify(require(request)));
  } catch (error) {
    console.log(error.code, error.permission, error.resource, error.message);
  }
}
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """The folder of a script, in a tree with other things."""
    for name in ("app/src/lib", "shared", "app/node_modules/near", "node_modules/far", "library"):
        (tmp_path / name).mkdir(parents=True)
    files = {
        "app/src/beside.js": "module.exports = 'beside';",
        "app/src/lib/deep.json": '"deep"',
        "app/src/passwd": SECRET,
        "shared/x.js": "module.exports = 'shared';",
        "shared/passwd": SECRET,
        "shared/broken.json": SECRET,
        "library/Class.js": "module.exports = 'class';",
        "app/node_modules/near/index.js": "module.exports = 'near';",
        "node_modules/far/package.json": '{"main": "main.cjs"}',
        "node_modules/far/main.cjs": "module.exports = 'far';",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path / "app/src"


def run(engine: str, app: Path, requests: list[str], **settings: Any) -> list[str]:
    """Run a script that requires all this; return the lines that it prints."""
    stdout = io.StringIO()
    main = app / "main.js"
    main.write_text(PRINTS % (requests,))

    async def work() -> None:
        async with Host(engine=engine, stdout=stdout, **settings) as host:
            await host.run_file(main)
            await asyncio.wait_for(host.wait(), 10)

    asyncio.run(work())
    return [
        line for line in stdout.getvalue().splitlines() if line.startswith(("got", "ERR", "MOD"))
    ]


@pytest.mark.parametrize("request_", ["/proc/self/environ", "/proc/self/../self/environ"])
def test_the_environment_of_the_process_is_no_module(
    engine: str, app: Path, request_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (app / "link.js").symlink_to("/proc/self/environ")
    (app / "plain.js").symlink_to(app / "passwd")
    lines = run(engine, app, [request_, "./link.js", "./plain.js", "./passwd", "/dev/null"])
    assert all(line.startswith("MODULE_NOT_FOUND") for line in lines)
    # An error names the file, and nothing that is in it.
    assert not any(SECRET in line or "PATH=" in line for line in lines)
    assert "its name ends in none of .js, .cjs, .mjs, .json" in lines[0]


def test_a_name_that_makes_a_special_file_look_like_a_script() -> None:
    answer = Loader(lambda _manifest: None).locate("/proc/self/root/dev/null", "/")
    assert "missing" in answer
    for path in ("/proc/1/environ", "/dev/stdin", "/sys/x.js", "/proc"):
        assert is_special(path)
        with pytest.raises(OSError, match="special file"):
            read_plain_file(path)
    assert not is_special("/process/x.js")


def test_nobody_waits_for_a_pipe(app: Path) -> None:
    os.mkfifo(app / "pipe.js")
    with pytest.raises(OSError, match="special file"):
        read_plain_file(str(app / "pipe.js"))
    answer = Loader(lambda _manifest: None).locate("./pipe.js", str(app))
    assert answer == {"missing": ""}


def test_without_permissions_scripts_require_scripts_wherever_they_lie(
    engine: str, app: Path
) -> None:
    shared = app.parents[1] / "shared"
    requests = ["./beside", "../../shared/x.js", f"{shared}/x", "near", "far", "./lib/deep"]
    assert run(engine, app, requests) == [
        'got "beside"', 'got "shared"', 'got "shared"', 'got "near"', 'got "far"', 'got "deep"'
    ]  # fmt: skip


def test_with_permissions_they_stay_with_the_script_its_packages_and_the_library(
    engine: str, app: Path
) -> None:
    top = app.parents[1]
    (app / "out.js").symlink_to(top / "shared/x.js")
    (app.parent / "node_modules/linked").symlink_to(top / "shared")
    requests = [
        "./beside", "./lib/deep", "near", "far", f"{top}/library/Class",
        "../../shared/x.js", "./out.js", "linked/x", "../../shared/none", f"{top}/shared/broken",
    ]  # fmt: skip
    settings: dict[str, Any] = {"library": [top / "library"]}
    good, bad = 5, [f"{top}/shared/{name}" for name in ("x.js", "x.js", "x.js", "none")]
    lines = run(engine, app, requests, permissions={}, **settings)
    assert all(line.startswith("got") for line in lines[:good])
    for line, path in zip(lines[good:], [*bad, f"{top}/shared/broken.json"], strict=True):
        assert line.startswith(f"ERR_ACCESS_DENIED read {path} Cannot find module ")
        assert line.endswith(f"not permitted; allow it with permissions={{'read': [{path!r}]}}")
    allowed = run(engine, app, requests, permissions={"read": [f"{top}/shared"]}, **settings)
    assert allowed[good : good + 3] == ['got "shared"'] * 3
    denied = run(engine, app, requests, permissions={"read": {"deny": ["/"]}}, **settings)
    assert all(line.startswith("ERR_ACCESS_DENIED") for line in denied)


@pytest.mark.parametrize("directory", ["/", "/etc", "SHARED"])
def test_a_forged_folder_gives_nothing(app: Path, directory: str) -> None:
    async def look() -> None:
        async with Host(engine="quickjs", permissions={}) as host:
            await host.run("", name=str(app / "main.js"))
            shared = str(app.parents[1] / "shared")
            for request in ("./x.js", "x.js", "../shared/x.js", "./passwd"):
                answer = host._loader.locate(request, directory.replace("SHARED", shared))
                assert "missing" in answer

    asyncio.run(look())


def test_classes_too_stay_with_the_library(engine: str, app: Path) -> None:
    top = app.parents[1]
    (top / "library/Good.js").write_text("exports.setup = function () {};")
    (top / "shared/Bad.js").write_text("exports.setup = function () {};")
    source = f"""
exports.setup = function () {{
  for (const name of ['Good', '{top}/shared/Bad', '{top}/shared/None']) {{
    try {{
      console.log('got', this.instantiate('one', name).accessorName);
    }} catch (error) {{
      console.log(error.code, error.permission, error.resource);
    }}
  }}
}};
"""
    (top / "library/Main.js").write_text(source)
    stdout = io.StringIO()

    async def work() -> None:
        settings: dict[str, Any] = {"library": [top / "library"], "permissions": {}}
        async with Host(engine=engine, stdout=stdout, **settings) as host:
            await host.instantiate("main", "Main")

    asyncio.run(work())
    good, bad, none = stdout.getvalue().splitlines()
    assert good.startswith("got")
    assert bad == f"ERR_ACCESS_DENIED read {top}/shared/Bad.js"
    assert none == f"ERR_ACCESS_DENIED read {top}/shared/None.js"
