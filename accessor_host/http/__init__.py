"""HTTP/1.1 on sockets: clients and servers, which know nothing of JavaScript."""
