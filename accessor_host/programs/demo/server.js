// The two snippets of the web-socket-server specification, with the handlers that they name.
var webSocket = require('@modules/web-socket-server');
var server = new webSocket.Server({'port':8082});
server.on('listening', onListening);
server.on('connection', onConnection);
server.start();

server.on('connection', function(socket) {
  socket.on('message', function(message) {
    console.log(message);
    socket.send('Reply message');
  });
});

function onListening(port) {
  console.log('listening on port', port);
}

function onConnection(socket) {
  console.log('a client connected');
}
