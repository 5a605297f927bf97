// Show each reading in a tile of its own; connect again when the server was away.

const RETRY = 1000;

const readings = document.getElementById('readings');
const state = document.getElementById('state');
const tiles = new Map();

function show({ name, value }) {
  if (!tiles.has(name)) {
    const term = document.createElement('dt');
    const detail = document.createElement('dd');
    term.textContent = name;
    const tile = document.createElement('div');
    tile.append(term, detail);
    readings.append(tile);
    tiles.set(name, detail);
  }
  tiles.get(name).textContent = value;
}

function connect() {
  const socket = new WebSocket('ws://' + location.host + '/live');
  socket.onopen = () => (state.textContent = 'live');
  socket.onmessage = (event) => show(JSON.parse(event.data));
  socket.onclose = () => {
    state.textContent = 'connecting …';
    setTimeout(connect, RETRY);
  };
}

connect();
