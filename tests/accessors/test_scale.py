"""Many accessors, many values, many timers: all arrive, in order."""

from __future__ import annotations

import pytest

from .conftest import Drive

# One engine shows it sooner.
pytestmark = pytest.mark.slow_with("dukpy")


def test_a_chain_of_1000_accessors_passes_values_in_order(drive: Drive) -> None:
    run = drive(
        """
        const stage = `
          exports.setup = function () { this.input('in'); this.output('out'); };
          exports.initialize = function () {
            var self = this;
            this.addInputHandler('in', function () { self.send('out', self.get('in') + 1); });
          };`;
        const top = make(function () {
          exports.setup = function () { this.input('in'); this.output('out'); };
        });
        // The last is made first: the order is that of the connections.
        const stages = [];
        for (let i = 0; i < 1000; i++) stages.unshift(top.instantiateFromCode('s', stage));
        top.connect('in', stages[0], 'in');
        for (let i = 1; i < 1000; i++) top.connect(stages[i - 1], 'out', stages[i], 'in');
        top.connect(stages[999], 'out', 'out');
        top.initialize();
        const arrived = [];
        top.on('output', (name, value) => {
          arrived.push(value);
          if (arrived.length < 10) setTimeout(feed, 0);
        });
        const feed = () => top.provideInput('in', 10000 * arrived.length);
        feed();
        setTimeout(function check() {
          if (arrived.length < 10) setTimeout(check, 1);
          else trace(arrived, new Set(top.containedAccessors.map((one) => one.accessorName)).size);
        }, 1);
        """
    )
    assert run.lines == [f"[{','.join(str(10000 * n + 1000) for n in range(10))}] 1000"]


def test_many_values_in_one_reaction_are_queued_in_order(drive: Drive) -> None:
    # Were it slower the longer the queue is, this would not end in time.
    run = drive(
        """
        const top = make(function () { exports.setup = function () { this.input('go'); }; });
        const source = top.instantiateFromCode('source',
          "exports.setup = function () { this.input('go'); this.output('out'); };" +
          "exports.initialize = function () { var s = this;" +
          "this.addInputHandler('go', function () {" +
          "for (var i = 0; i < 50000; i++) s.send('out', i); }); };");
        const sink = top.instantiateFromCode('sink',
          "exports.setup = function () { this.input('in'); };" +
          "exports.initialize = function () { var s = this, n = 0;" +
          "this.addInputHandler('in', function () {" +
          "if (s.get('in') !== n++) throw new Error('out of order');" +
          "if (n === 50000) trace('all'); }); };");
        top.connect('go', source, 'go'); top.connect(source, 'out', sink, 'in');
        top.initialize();
        top.provideInput('go', 1);
        """
    )
    assert run.lines == ["all"]
    assert run.exit_code == 0


def test_a_queue_that_is_never_empty_does_not_grow(drive: Drive) -> None:
    run = drive(
        """
        const a = make(function () { exports.setup = function () { this.input('in'); }; });
        a.provideInput('in', 0); a.provideInput('in', 1);
        const queue = a.inputs.in.queuedInputs;
        let ordered = true, most = 0;
        for (let i = 2; i < 5000; i++) {
          queue.push(i);
          while (queue.length > 100) ordered = queue.shift() === i - 100 && ordered;
          most = Math.max(most, queue.items.length);
        }
        trace(ordered, most < 300, queue.length);
        for (let i = 0; i < 100; i++) queue.shift();
        trace(queue.length, queue.shift(), queue.items.length);
        """
    )
    assert run.lines == ["true true 100", "0 undefined 0"]


def test_many_timers_run_in_order(drive: Drive) -> None:
    run = drive(
        """
        const a = make(function () {
          exports.setup = function () {};
          exports.initialize = function () {
            var last = -Infinity, ran = 0, disorder = 0;
            function check() {
              if (currentTime() < last) disorder++;
              last = currentTime();
              if (++ran === 6000) trace('unlabelled', disorder);
            }
            var order = [], expected = [];
            for (var i = 0; i < 6000; i++) {
              var delay = (i * 7919) % 100 + 1;
              setTimeout(check, delay);
              expected.push([delay, i]);
              setTimeout(order.push.bind(order, i), delay, 'L');
              // Half as many are cleared.
              if (i % 2) clearTimeout(setTimeout(check, delay));
            }
            setTimeout(function () {
              expected.sort(function (one, two) { return one[0] - two[0] || one[1] - two[1]; });
              var same = expected.every(function (one, at) { return order[at] === one[1]; });
              trace('labelled', order.length, same);
            }, 101, 'L');
          };
        });
        a.initialize();
        """
    )
    assert sorted(run.lines) == ["labelled 6000 true", "unlabelled 0"]
