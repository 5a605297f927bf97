// Two sockets of UDP: one asks, the other answers whoever asks.
'use strict';
const { createSocket } = require('@modules/udp-socket');

const port = 8084;

const clock = createSocket('udp4', (question, sender) => {
  const { address, port: from } = JSON.parse(sender);
  clock.send(question + ' It is noon.', from, address, () => clock.close());
});
clock.bind(port, '127.0.0.1', () => {
  const visitor = createSocket('udp4', (answer) => {
    console.log(answer);
    visitor.close();
  });
  visitor.send('What time is it?', port, '127.0.0.1');
});
