/**
 * Print which of its frequencies a signal has: five periods in 64 samples.
 *
 * @accessor signals/FindTone
 */
'use strict';

exports.setup = function () {
  var tone = this.instantiateFromCode('Tone', `
    exports.setup = function () {
      this.output('samples', { type: 'JSON', spontaneous: true });
    };
    exports.initialize = function () {
      var samples = [];
      for (var i = 0; i < 64; i++) samples.push(Math.sin((2 * Math.PI * 5 * i) / 64) + 3);
      setTimeout(() => this.send('samples', samples), 0);
    };
  `);
  var spectrum = this.instantiate('Spectrum', 'signals/Spectrum');
  var printer = this.instantiate('Printer', 'displays/Printer');
  printer.setParameter('title', 'periods');
  this.connect(tone, 'samples', spectrum, 'samples');
  this.connect(spectrum, 'frequency', printer, 'value');
};

exports.initialize = function () {
  this.stopAt(100);
};
