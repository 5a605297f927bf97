"""EventEmitter: order, identity, and what happens while events are delivered."""

from __future__ import annotations

import pytest

from ...conftest import RunJs
from ...support.checks import passes

HEAD = "const EventEmitter = require('events'); const emitter = new EventEmitter(); const log = [];"


def test_the_module_is_the_constructor(run_js: RunJs) -> None:
    passes(
        run_js,
        """
        const EventEmitter = require('events');
        check(EventEmitter.EventEmitter === EventEmitter, true);
        check(EventEmitter.defaultMaxListeners, 10);
        check(typeof EventEmitter.errorMonitor, 'symbol');
        check(new EventEmitter() instanceof EventEmitter, true);
        """,
    )


def test_listeners_run_in_order_with_the_emitter_as_this(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        emitter.on('x', function (...args) { log.push(['second', this === emitter, args]); });
        emitter.prependListener('x', (...args) => { log.push(['first', args]); });
        check(emitter.emit('x', 1, 2, 3, 4, 5), true);
        check(log, [['first', [1, 2, 3, 4, 5]], ['second', true, [1, 2, 3, 4, 5]]]);
        check(emitter.emit('unheard'), false);
        """,
    )


@pytest.mark.parametrize("count", range(6))
@pytest.mark.parametrize("listeners", [1, 2])
def test_every_argument_arrives_and_no_other(run_js: RunJs, count: int, listeners: int) -> None:
    values = ", ".join(str(n) for n in range(count))
    passes(
        run_js,
        HEAD
        + f"""
        for (let i = 0; i < {listeners}; i++) emitter.on('x', (...args) => log.push(args));
        emitter.emit({", ".join(["'x'", *(str(n) for n in range(count))])});
        check(log, Array({listeners}).fill([{values}]));
        """,
    )


def test_a_once_listener_runs_once_even_when_the_event_nests(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        emitter.once('x', (value) => { log.push(value); emitter.emit('x', 'nested'); });
        emitter.prependOnceListener('x', () => log.push('before'));
        emitter.emit('x', 1);
        emitter.emit('x', 2);
        check(log, ['before', 1]);
        check(emitter.eventNames(), []);
        """,
    )


def test_a_once_listener_is_removed_by_its_own_function(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        const f = () => log.push('f');
        emitter.once('x', f);
        check(emitter.rawListeners('x')[0].listener === f, true);
        check(emitter.rawListeners('x')[0] === f, false);
        check(emitter.listeners('x')[0] === f, true);
        emitter.removeListener('x', f);
        check(emitter.emit('x'), false);
        """,
    )


def test_removal_takes_the_latest_of_equal_listeners(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        const f = () => log.push('f');
        emitter.on('x', f).on('x', () => log.push('g')).on('x', f);
        check(emitter.listenerCount('x', f), 2);
        check(emitter.off('x', f) === emitter, true);
        emitter.emit('x');
        check(log, ['f', 'g']);
        check([emitter.listenerCount('x'), EventEmitter.listenerCount(emitter, 'x')], [2, 2]);
        check(emitter.off('x', () => 0).off('nothing', f).listenerCount('x'), 2);
        """,
    )


def test_an_emit_is_not_disturbed_by_changes_to_the_listeners(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        const last = () => log.push('last');
        emitter.on('x', () => {
          emitter.off('x', last);
          emitter.on('x', () => log.push('added'));
        });
        emitter.on('x', last);
        emitter.emit('x');
        check(log, ['last']);
        """,
    )


def test_a_throwing_listener_ends_the_event(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        emitter.on('x', () => { throw new RangeError('mine'); });
        emitter.on('x', () => log.push('not reached'));
        check(thrown(() => emitter.emit('x')), 'RangeError undefined mine');
        check(log, []);
        """,
    )


def test_changes_are_announced_and_removal_of_all_goes_backwards(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        const named = (name) => Object.assign(() => 0, { named: name });
        emitter.on('newListener', (type, f) => {
          log.push('+' + type + f.named + emitter.listenerCount(type));
        });
        emitter.on('x', named('a'));
        emitter.once('x', named('b'));
        emitter.removeAllListeners('newListener');
        emitter.on('removeListener', (type, f) => {
          log.push('-' + type + f.named + emitter.listenerCount(type));
        });
        emitter.on('y', named('c'));
        emitter.removeAllListeners('x');
        emitter.removeAllListeners();
        check(log, ['+xa0', '+xb1', '-xb1', '-xa0', '-yc0']);
        check(emitter.eventNames(), []);
        """,
    )


def test_any_name_and_any_symbol_is_an_event_name(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', ''];
        const symbol = Symbol('s');
        for (const name of names) check(emitter.emit(name), false);
        for (const name of [...names, symbol]) emitter.on(name, () => log.push(String(name)));
        for (const name of [...names, symbol]) check(emitter.emit(name), true);
        check(log, [...names, 'Symbol(s)']);
        check(emitter.eventNames().length, 6);
        check(emitter.eventNames()[5] === symbol, true);
        """,
    )


def test_subclasses_and_mixins_need_no_constructor_call(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        const util = require('util');
        function Old() {}
        util.inherits(Old, EventEmitter);
        function Calls() { EventEmitter.call(this); }
        util.inherits(Calls, EventEmitter);
        class Modern extends EventEmitter {}
        function Instance() {}
        Instance.prototype = new EventEmitter();
        const makers = [
          () => new Old(), () => new Calls(), () => new Modern(), () => new Instance(),
          () => Object.assign({}, EventEmitter.prototype), () => Object.create(emitter)
        ];
        emitter.on('x', () => log.push('shared'));
        for (const make of makers) {
          const [one, two] = [make(), make()];
          one.on('x', () => log.push('one'));
          check([two.emit('x'), one.emit('x'), two.eventNames()], [false, true, []]);
        }
        check(log, Array(makers.length).fill('one'));
        """,
    )


def test_its_state_shows_nowhere(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        emitter.on('x', () => 0);
        emitter.own = 1;
        check(JSON.stringify(emitter), '{"own":1}');
        check(Object.keys(emitter), ['own']);
        check(require('util').inspect(emitter), 'EventEmitter { own: 1 }');
        """,
    )


@pytest.mark.parametrize("method", ["on", "once", "prependListener", "prependOnceListener", "off"])
def test_only_a_function_is_a_listener(run_js: RunJs, method: str) -> None:
    passes(
        run_js,
        HEAD
        + f"""
        const start = 'TypeError ERR_INVALID_ARG_TYPE The "listener" argument must be ' +
          'of type function. Received ';
        check(thrown(() => emitter.{method}('x', 5)), start + 'type number (5)');
        check(thrown(() => emitter.{method}('x')), start + 'undefined');
        check(thrown(() => emitter.{method}('x', {{}})), start + 'an instance of Object');
        """,
    )


def test_an_unheard_error_is_thrown(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        check(thrown(() => emitter.emit('error', new RangeError('mine'))),
          'RangeError undefined mine');
        check(thrown(() => emitter.emit('error', { a: 1 })),
          'Error ERR_UNHANDLED_ERROR Unhandled error. ({ a: 1 })');
        check(thrown(() => emitter.emit('error')),
          'Error ERR_UNHANDLED_ERROR Unhandled error. (undefined)');
        try { emitter.emit('error', 'why'); } catch (error) { check(error.context, 'why'); }
        const hostile = { [Symbol.for('nodejs.util.inspect.custom')]() { throw 1; } };
        check(thrown(() => emitter.emit('error', hostile)),
          'Error ERR_UNHANDLED_ERROR Unhandled error. ([object Object])');
        """,
    )


def test_a_monitor_sees_errors_and_handles_none(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        emitter.on(EventEmitter.errorMonitor, (error) => log.push('seen ' + error.message));
        check(thrown(() => emitter.emit('error', new Error('e'))), 'Error undefined e');
        emitter.on('error', () => log.push('handled'));
        check(emitter.emit('error', new Error('f')), true);
        check(log, ['seen e', 'seen f', 'handled']);
        """,
    )


def test_too_many_listeners_are_reported_once_for_each_event(run_js: RunJs) -> None:
    outcome = run_js(
        HEAD
        + """
        for (let i = 0; i < 13; i++) emitter.on('leak', () => 0);
        emitter.setMaxListeners(1).on('other', () => 0).on('other', () => 0);
        emitter.setMaxListeners(0);
        for (let i = 0; i < 20; i++) emitter.on('unlimited', () => 0);
        """
    )
    first, second = outcome.stderr.splitlines()
    assert "11 leak listeners" in first
    assert "2 other listeners" in second
    assert "setMaxListeners()" in first


def test_the_limit_is_a_number_of_the_emitter_or_of_all(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        check(emitter.setMaxListeners(3) === emitter, true);
        EventEmitter.defaultMaxListeners = 5;
        check([emitter.getMaxListeners(), new EventEmitter().getMaxListeners()], [3, 5]);
        check(thrown(() => emitter.setMaxListeners(-1)), 'RangeError ERR_OUT_OF_RANGE ' +
          'The value of "setMaxListeners" is out of range. It must be >= 0. Received -1');
        check(thrown(() => emitter.setMaxListeners('1')).slice(0, 30),
          'TypeError ERR_INVALID_ARG_TYPE');
        check(thrown(() => { EventEmitter.defaultMaxListeners = NaN; }).slice(0, 27),
          'RangeError ERR_OUT_OF_RANGE');
        """,
    )


def test_an_event_can_be_awaited(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        const settled = [];
        EventEmitter.once(emitter, 'x').then((args) => settled.push(args));
        EventEmitter.once(emitter, 'y').catch((error) => settled.push(error.message));
        EventEmitter.once(emitter, 'error').then(([error]) => settled.push(error.message));
        emitter.emit('x', 1, 2);
        emitter.emit('error', new Error('broken'));
        check(emitter.eventNames(), []);
        setTimeout(() => check(settled.map(shown).sort(), ['[1,2]', 'broken', 'broken']), 1);
        """,
    )
