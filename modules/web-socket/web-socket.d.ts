export * from '../web-socket-client/web-socket-client';
export { Server, ServerOptions, Socket } from '../web-socket-server/web-socket-server';
