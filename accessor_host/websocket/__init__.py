"""The connection core: WebSocket over asyncio, knowing nothing of JavaScript or MIME types."""
