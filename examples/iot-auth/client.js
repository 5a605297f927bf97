// Get a session key from Auth and speak with another entity in secret. Needs Auth, its certificate,
// and the private key of an entity that Auth knows:
//   accessor-host run examples/iot-auth/client.js
'use strict';

const iotAuth = require('@modules/iot-auth');

const SPEC = 'AES-128-CBC:HmacSHA256';

function connect(sessionKey) {
  const server = {
    serverHost: 'localhost',
    serverPort: 21100,
    sessionKey,
    sessionCryptoSpec: SPEC
  };
  iotAuth.initializeSecureCommunication(server, {
    onConnection: (socket) => socket.send('Hello from a script'),
    onData: (data) => console.log(data.toString()),
    onClose: () => console.log('closed'),
    onError: (text) => console.log(text)
  });
}

const request = {
  authHost: 'localhost',
  authPort: 21900,
  entityName: 'net1.client',
  numKeysPerRequest: 1,
  purpose: { group: 'Servers' },
  distributionCryptoSpec: SPEC,
  authPublicKey: iotAuth.loadPublicKey('auth.pem'),
  entityPrivateKey: iotAuth.loadPrivateKey('client.key')
};
iotAuth.sendSessionKeyRequest(request, (status, distributionKey, keys) => {
  if (status.error) console.log(status.error);
  else connect(keys[0]);
});
