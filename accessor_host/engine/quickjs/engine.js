// Takes the bootstrap's result apart for engine/quickjs/engine.py: functions can cross to Python, the
// members of an object cannot be read there. Globals are the only way in for a Python function and
// for the rejection tracker; scripts must not be able to use or change them.
(function (bootstrap, bundle, rejectedName, reasonName, handledName) {
  'use strict';

  const { defineProperty } = Object;
  const { apply } = Reflect;
  const { parse } = JSON;

  const TIME_IS_OVER = '';

  const ask = globalThis.accessorHostCallPython;
  delete globalThis.accessorHostCallPython;
  // A script must not go on with its next call when its time is over, only because the engine has
  // not yet looked: it looks every few thousand steps, and each may be a slow function of Python's.
  function callPython(name, text) {
    const answer = ask(name, text);
    while (answer === TIME_IS_OVER);
    return answer;
  }

  const runtime = bootstrap(bundle, callPython);
  const rejections = runtime.rejections;

  function setter(name, set) {
    const descriptor = { __proto__: null, set, configurable: false, enumerable: false };
    defineProperty(globalThis, name, descriptor);
  }

  let promise;
  setter(rejectedName, (value) => {
    promise = value;
  });
  setter(reasonName, (value) => {
    rejections.rejected(promise, value);
    promise = undefined;
  });
  setter(handledName, (value) => {
    rejections.handled(value);
  });

  let texts = [];

  function takeOperations() {
    const operations = runtime.takeOperations();
    texts = runtime.takeTexts();
    return operations;
  }

  // The binding ends a text at a NUL: Python sees by the length that it did, and asks for JSON.
  function textAt(index, asJson) {
    return asJson ? runtime.toJson(texts[index]) : texts[index];
  }

  function forgetTexts() {
    texts = [];
  }

  // The records, if all events were run; else whether that is because there may be microtasks.
  function turn(budget, ...values) {
    return runtime.enterAll(budget, values) ? takeOperations() : runtime.microtasks.expected;
  }

  // For arguments with half a surrogate pair, which the binding cannot hand over.
  function withJson(called) {
    return (text) => apply(called, undefined, parse(text));
  }

  const parts = [
    turn,
    withJson(turn),
    runtime.countBegun,
    runtime.enterWatched,
    withJson(runtime.enterWatched),
    runtime.describeRunning,
    takeOperations,
    textAt,
    forgetTexts,
    rejections.reportAll
  ];
  return () => parts.shift();
})
