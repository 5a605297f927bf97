"""Checklist 32: monitoring."""

from __future__ import annotations

import json

from .conftest import Drive


def test_32_the_shape_of_what_is_measured(drive: Drive) -> None:
    run = drive(
        """
        const top = make(function () {
          exports.setup = function () {
            this.instantiateFromCode('child', "exports.setup = function () {};");
          };
        });
        trace(top.getMonitoring(), top.stopMonitoring(), top.monitor);
        top.startMonitoring();
        top.initialize();
        top.react(); top.react();
        trace(top.getMonitoring());
        top.wrapup();
        top.startMonitoring(true);
        top.initialize();
        top.react(); top.react();
        trace(top.getMonitoring() === top.monitor, top.monitor);
        trace(top.stopMonitoring());
        top.react();
        trace(top.getMonitoring().react.count, top.containedAccessors[0].monitor);
        """
    )
    assert run.lines[0] == "undefined undefined undefined"
    shallow = json.loads(run.lines[1])
    same, _, text = run.lines[2].partition(" ")
    deep = json.loads(text)
    ended = json.loads(run.lines[3])
    phase = {"count", "utilization", "latestStart", "latestEnd"}
    common = {
        "utilization",
        "startMonitoringTime",
        "initialize",
        "react",
        "wrapup",
        "accessorName",
        "currentMonitoringTime",
    }
    assert set(shallow) == common
    assert same == "true"
    assert set(deep) == common | {"containedAccessors"}
    assert set(ended) == set(deep) | {"stopMonitoringTime"}
    for name, count in (("initialize", 1), ("react", 2), ("wrapup", 0)):
        assert set(shallow[name]) == phase
        for measured in (shallow, deep):
            assert measured[name]["count"] == count
            assert (measured[name]["latestStart"] > 0) == (count > 0)
    [child] = deep["containedAccessors"]
    assert child["accessorName"] == "top.child"
    assert child["initialize"]["count"] == 1
    last, _, child_text = run.lines[4].partition(" ")
    assert last == "2"
    assert "stopMonitoringTime" in json.loads(child_text)


def test_32_utilization(drive: Drive) -> None:
    run = drive(
        """
        let time = 1000;
        const { now } = Date;
        Date.now = () => time;
        const a = make(function () {
          exports.setup = function () {};
          exports.initialize = function () { globalThis.pass(30); };
          exports.fire = function () { globalThis.pass(10); };
        });
        globalThis.pass = (ms) => { time += ms; };
        const utilization = () => {
          const { utilization, initialize, react, wrapup } = a.getMonitoring();
          const all = [utilization, initialize.utilization, react.utilization, wrapup.utilization];
          return all.map((one) => Math.round(one * 1000) / 1000);
        };
        a.startMonitoring();
        trace(utilization());
        a.initialize();
        trace(utilization());
        pass(10);
        trace(utilization());
        a.react(); a.react();
        trace(utilization(), a.monitor.react.latestStart, a.monitor.react.latestEnd);
        pass(40);
        trace(utilization());
        a.on('wrapupEnd', () => trace('ended', a.monitor.wrapup.count));
        a.wrapup();
        trace(a.monitor.wrapup.count, a.monitor.wrapup.latestStart);
        // Measured anew, from within a reaction.
        a.initialize();
        a.on('reactStart', () => a.startMonitoring());
        a.react();
        trace(a.monitor.react.count, a.monitor.react.utilization);
        Date.now = now;
        """
    )
    assert run.lines == [
        "[0,0,0,0]",
        "[1,1,0,0]",
        "[0.75,0.75,0,0]",
        "[0.833,0.5,0.333,0] 1050 1060",
        "[0.5,0.3,0.2,0]",
        "ended 1",
        "1 1100",
        "1 1",
    ]


def test_32_debugging_prints_what_was_measured(drive: Drive) -> None:
    run = drive(
        """
        const top = make(function () {
          exports.setup = function () {
            this.instantiateFromCode('child', "exports.setup = function () {};");
          };
        });
        _debug = true;
        top.initialize();
        top.wrapup();
        """.replace("_debug", "globalThis._debug")
    )
    text = "\n".join(run.lines)
    assert text.count("accessorName: 'top'") == 1
    assert text.count("accessorName: 'top.child'") == 1
