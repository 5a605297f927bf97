"""The command that measures: its arithmetic, its guard, its tables, and that it leaves nothing."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
from websockets.frames import Frame, Opcode

from bench import guard, machine, picture, programs, scenarios, table
from bench.__main__ import main
from bench.errors import BenchError, SkippedError
from bench.figures import better, pairwise, reaches, spread
from bench.load.payloads import payload
from bench.load.sockets import frame_from_client, frame_from_server
from bench.rows import Report, Row
from bench.servers import NODE, SERVERS
from tests.support.programs import run


def a_row(
    values: list[float],
    *,
    server: str = "quickjs",
    scenario: str = "echo-100x1",
    unit: str = "messages/s",
    higher: bool = True,
    target: float | None = None,
    node: list[float] | None = None,
    shares: dict[str, float] | None = None,
) -> Row:
    """Make a row, compared with Node if its values are given."""
    row = Row(scenario, server, "", unit, higher, values, shares=shares or {})
    if node is not None:
        row.compare(Row(scenario, NODE, "", unit, higher, node))
    row.target = target
    return row


def a_report(*rows: Row) -> Report:
    return Report("2026-11-23 10:00", "abc1234", {"cpu": "A <CPU>", "cores": "2"}, {}, list(rows))


def test_the_ratio_is_the_median_over_rounds_and_not_that_of_the_medians() -> None:
    assert pairwise([10.0, 30.0, 8.0], [10.0, 10.0, 16.0]) == [1.0, 3.0, 0.5]
    row = a_row([10.0, 30.0, 8.0], node=[10.0, 10.0, 16.0])
    assert row.median == 10.0
    assert row.ratio == 1.0
    assert row.baseline == "node"


def test_rounds_without_a_partner_have_no_ratio() -> None:
    with pytest.raises(ValueError, match="shorter"):
        pairwise([1.0, 2.0], [1.0])


def test_the_spread_is_the_largest_distance_from_the_median() -> None:
    assert spread([90.0, 100.0, 120.0]) == pytest.approx(0.2)
    assert spread([5.0]) == 0.0
    assert spread([0.0, 0.0]) == 0.0


@pytest.mark.parametrize(
    ("ratio", "target", "higher", "met"),
    [
        (1.0, 1.0, True, True),
        (0.99, 1.0, True, False),
        (0.6, 0.6, False, True),
        (0.61, 0.6, False, False),
    ],
)
def test_a_target_is_a_bound_on_one_side(
    ratio: float, target: float, higher: bool, met: bool
) -> None:
    assert reaches(ratio, target, higher=higher) is met
    row = a_row([ratio], node=[1.0], higher=higher, target=target)
    assert row.met is met
    assert row.to_json()["met"] is met


def test_without_a_target_or_a_ratio_nothing_is_met_or_missed() -> None:
    assert a_row([1.0], node=[1.0]).met is None
    assert a_row([1.0], target=1.0).met is None
    assert "ratio" not in a_row([1.0]).to_json()


def test_better_turns_times_and_sizes_round() -> None:
    assert better(2.0, higher=True) == 2.0
    assert better(2.0, higher=False) == 0.5
    assert better(0.0, higher=False) == float("inf")


def test_a_figure_says_when_it_is_in_doubt() -> None:
    assert a_row([1.0], shares={"load_cpu": 0.9, "load_waited": 0.1}).remarks == []
    assert a_row([1.0], shares={"load_cpu": 0.91}).remarks == ["load is the limit"]
    assert a_row([1.0], shares={"server_waited": 0.11}).remarks == ["core was shared"]


@pytest.mark.parametrize(
    ("ratio", "recorded", "higher", "fell"),
    [
        (0.75, 1.0, True, False),
        (0.74, 1.0, True, True),
        (1.5, 1.0, True, False),
        (0.8, 0.6, False, False),
        (0.81, 0.6, False, True),
        (0.1, 0.6, False, False),
    ],
)
def test_the_guard_allows_a_quarter(
    ratio: float, recorded: float, higher: bool, fell: bool
) -> None:
    row = a_row([ratio], node=[1.0], higher=higher)
    found = guard.falls([row], [{"echo-100x1 / messages/s / quickjs": recorded}])
    assert len(found) == fell
    if fell:
        assert f"recorded {recorded:.2f}" in str(found[0])


def test_the_guard_leaves_out_what_it_cannot_compare() -> None:
    assert guard.falls([a_row([0.1], node=[1.0])], [{}]) == []
    assert guard.falls([a_row([0.1])], [{"echo-100x1 / messages/s / quickjs": 1.0}]) == []


def test_a_processor_without_a_record_is_compared_with_the_least() -> None:
    key = "echo-100x1 / messages/s / quickjs"
    records = [{key: 2.0}, {key: 1.0}, {}]
    assert guard.falls([a_row([0.8], node=[1.0])], records) == []
    [fall] = guard.falls([a_row([0.7], node=[1.0])], records)
    assert fall.recorded == 1.0


def test_recording_keeps_what_did_not_run(tmp_path: Path) -> None:
    first = a_row([2.0], node=[1.0], target=1.0)
    cpu = a_report(first).machine["cpu"]
    with pytest.raises(BenchError, match="--guard --record"):
        guard.read(cpu, tmp_path)
    other = a_row([3.0], node=[1.0], target=1.0, scenario="open")
    informal = a_row([4.0], node=[1.0], scenario="json-64k")
    assert guard.write(a_report(first, other, informal), tmp_path) == 2
    assert guard.write(a_report(a_row([5.0], node=[2.0], target=1.0)), tmp_path) == 1
    record = {
        "echo-100x1 / messages/s / quickjs": 2.5,
        "open / messages/s / quickjs": 3.0,
    }
    assert guard.read(cpu, tmp_path) == [record]
    assert guard.read("Another One", tmp_path) == [record]
    (tmp_path / "another-one.json").write_text('{"ratios": {}}')
    assert guard.read("Another (One)", tmp_path) == [{}]
    assert json.loads(guard.path_of(cpu, tmp_path).read_text())["commit"] == "abc1234"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0567, "0.0567"), (5.678, "5.68"), (56.78, "56.8"), (567.8, "568"), (56789.0, "56,800")],
)
def test_numbers_have_three_digits_that_count(value: float, text: str) -> None:
    assert table.number(value) == text


def test_a_line_has_all_that_helps_to_judge() -> None:
    row = a_row([90.0, 110.0, 100.0], node=[100.0] * 3, target=1.2, shares={"load_cpu": 0.95})
    (line,) = table.lines([row])
    words = " ".join(line.split())
    assert words == (
        "quickjs 100 messages/s ± 10% 1.00 × node, ≥ 1.2 ✗ load 95% (load is the limit)"
    )


def test_a_target_is_written_with_as_many_digits_as_it_has() -> None:
    (line,) = table.lines([a_row([1.0], node=[1.0], target=0.99)])
    assert "≥ 0.99 ✓" in line


def test_the_table_has_a_row_for_each_metric_and_a_column_for_each_server() -> None:
    point = a_row([2000.0], scenario="sizes-16")
    point.series, point.x = "sizes", 16
    report = a_report(
        a_row([120.0], node=[100.0], target=1.0),
        a_row([100.0], server=NODE),
        a_row([0.5], node=[1.0], higher=False, scenario="start", unit="ms"),
        point,
    )
    assert table.markdown(report).splitlines() == [
        "| scenario | quickjs | node |",
        "| --- | ---: | ---: |",
        "| echo, JSON object, 100 connections, 1 in flight (messages/s)"
        " | 1.20 ×, ≥ 1.0 ✓ (120) | 100 |",
        "| start: process begin to listening (ms) | 0.50 × (0.5) | – |",
        "",
        "| bytes, messages/s | quickjs |",
        "| --- | ---: |",
        "| 16 | 2,000 |",
    ]
    assert table.ended(report) == "1 of 1 targets met"


def test_the_picture_is_well_formed_and_shows_every_server() -> None:
    points = []
    for server, x in (("quickjs", 1), ("quickjs", 100), (NODE, 1), (NODE, 100)):
        point = a_row([x * 10.0], server=server, scenario=f"connections-{x}")
        point.series, point.x = "connections", x
        points.append(point)
    report = a_report(a_row([120.0], node=[100.0], target=1.0), *points)
    root = ElementTree.fromstring(picture.draw(report))
    words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"quickjs", "node", "1.20"} <= set(words)
    assert any(text and "A <CPU>" in text for text in words)


def test_a_picture_of_nothing_is_well_formed_too() -> None:
    ElementTree.fromstring(picture.draw(a_report()))


@pytest.mark.parametrize(
    ("name", "size"),
    [("reading", 52), ("json:16", 16), ("json:1048576", 1048576), ("text:65536", 65536)],
)
def test_messages_have_the_size_that_they_say(name: str, size: int) -> None:
    assert len(payload(name)) == size


@pytest.mark.parametrize("name", ["reading", "json:300", "readings:65536"])
def test_json_messages_come_back_as_the_same_text(name: str) -> None:
    again = json.dumps(json.loads(payload(name)), separators=(",", ":"))
    assert again.encode() == payload(name)


def test_there_are_no_other_messages() -> None:
    with pytest.raises(ValueError, match="no such message: 'nonsense'"):
        payload("nonsense")


@pytest.mark.parametrize("size", [0, 5, 125, 126, 65535, 65536])
def test_the_frames_of_plain_sockets_are_frames(size: int) -> None:
    data = b"x" * size
    plain = Frame(Opcode.TEXT, data).serialize(mask=False)
    assert frame_from_server(1, data) == plain
    masked = frame_from_client(1, data)
    head = len(plain) - size
    assert masked[0] == plain[0]
    assert masked[1] == plain[1] | 0x80
    key, body = masked[head : head + 4], masked[head + 4 :]
    assert bytes(byte ^ key[index % 4] for index, byte in enumerate(body)) == data


def test_scenarios_are_chosen_by_name_and_by_series() -> None:
    every = scenarios.scenarios()
    assert len({scenario.name for scenario in every}) == len(every)
    chosen = scenarios.scenarios(("sizes", "open"))
    assert [chosen[0].name, chosen[-1].name] == ["open", "sizes-1048576"]
    assert len(scenarios.scenarios(("sizes",), quick=True)) == 2
    assert set(scenarios.GUARDED) < set(scenarios.NAMES)


def test_permissions_are_compared_with_none_in_many_short_rounds() -> None:
    one, _ = scenarios.scenarios(("permissions-100x1", "permissions-10x16"))
    assert one.baseline is not None
    assert (one.variant.script, one.baseline.script) == ("echo", "echo")
    assert (one.variant.options, one.baseline.options) == (("--sandbox", "--allow-listen=*"), ())
    # Each sample has a server of its own: two processes differ by more than is looked for.
    assert one.probe.fresh
    assert (one.least, one.longest) == (40, 0.4)
    (short,) = scenarios.scenarios(("permissions-100x1",), quick=True)
    assert short.least == 0


def test_every_script_is_there() -> None:
    used = {
        variant.script
        for scenario in scenarios.scenarios()
        for variant in (scenario.variant, scenario.baseline)
        if variant is not None
    }
    for script in used:
        assert Path(SERVERS["quickjs"].command(script)[-1]).is_file()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--scenario", "nonsense"], "invalid choice: 'nonsense'"),
        (["--server", "nonsense"], "invalid choice: 'nonsense'"),
        (["--seconds", "20"], "from 0.1 to 10"),
        (["--seconds", "x"], "invalid"),
        (["--repeat", "0"], "1 or more"),
    ],
)
def test_a_wrong_argument_ends_with_2(
    words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert complaint in capsys.readouterr().err


def test_a_missing_peer_is_one_line_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("picows")
    monkeypatch.setenv("ACCESSOR_HOST_NODE_MODULES", str(tmp_path))
    monkeypatch.setattr("bench.servers.shutil.which", lambda name: f"/bin/{name}")
    assert main(["--server", "node"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "npm install --no-save @accessors-modules/web-socket-server" in line


def test_a_hard_limit_on_open_files_is_a_reason_to_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.resource, "getrlimit", lambda _: (256, 4096))
    with pytest.raises(SkippedError, match="needs 5200 open files, and the hard limit is 4096"):
        machine.allow_open_files(5200)


def test_a_program_and_its_children_end_with_the_block() -> None:
    cores = sorted(os.sched_getaffinity(0))[:1]
    # The child ignores what ends the parent.
    script = "(trap '' TERM; sleep 60) & echo listening 1; wait"
    with programs.Program(["sh", "-c", script], cores) as program:
        assert program.read_line(10) == "listening 1"
        pids = program.pids
        assert len(pids) > 1
        assert os.sched_getaffinity(program.pid) == set(cores)
    assert_ended(pids)


def test_no_program_is_left_when_a_block_was_not_even_entered() -> None:
    program = programs.Program(["sleep", "60"], sorted(os.sched_getaffinity(0)))
    program.__enter__()
    pids = program.pids
    assert pids == [program.pid]
    programs.stop_all()
    assert_ended(pids)


def test_a_program_that_ends_says_what_it_said() -> None:
    cores = sorted(os.sched_getaffinity(0))
    command = [sys.executable, "-c", "raise SystemExit('no luck')"]
    with (
        programs.Program(command, cores) as program,
        pytest.raises(BenchError, match=r"(?s)ended.*no luck"),
    ):
        program.read_line(10)


def assert_ended(pids: list[int]) -> None:
    """Wait until there are no such processes: orphans are reaped by somebody else."""
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}/stat").is_file() and not is_dead(pid) for pid in pids):
        assert time.monotonic() < deadline, f"one of {pids} still runs"
        time.sleep(0.02)


def is_dead(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] in "ZX"
    except OSError:
        return True


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="it needs two processor cores")
def test_it_measures(tmp_path: Path) -> None:
    pytest.importorskip("picows")
    result, drawing = tmp_path / "result.json", tmp_path / "picture.svg"
    ended = run(
        [
            *(sys.executable, "-m", "bench", "--scenario", "echo-10x16", "--seconds", "0.3"),
            *("--server", "quickjs", "--server", "dukpy", "--repeat", "1"),
            *("--json", result, "--picture", drawing),
        ],
        cwd=programs.REPOSITORY,
    )
    assert ended.code == 0, ended.stderr
    assert "echo, 10 connections, 16 in flight (echo-10x16)" in ended.stdout
    found = json.loads(result.read_text())
    assert [row["server"] for row in found["rows"]] == ["quickjs", "dukpy"]
    for row in found["rows"]:
        # How many depends on the machine, but there are some.
        assert row["median"] > 0
        assert row["shares"]["load_cpu"] > 0
    assert {"cpu", "python", "quickjs-ng", "dukpy"} <= set(found["machine"])
    ElementTree.fromstring(drawing.read_text())
