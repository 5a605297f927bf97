"""TLS under a connection: key material, contexts, and the transport."""
