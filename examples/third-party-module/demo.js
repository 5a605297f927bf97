// demo.js
const { Thermometer } = require('@modules/thermometer');

const thermometer = new Thermometer({ period: 50, unit: 'fahrenheit' });
let count = 0;

thermometer.on('reading', (degrees) => {
  console.log(degrees, thermometer.unit);
  count++;
  if (count === 3) thermometer.stop();
});
thermometer.on('close', () => console.log('stopped'));
thermometer.start();
