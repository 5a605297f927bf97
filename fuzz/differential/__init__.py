"""The same bytes to our server and to the ``websockets`` library: what comes back must be alike."""
