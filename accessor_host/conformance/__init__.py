"""The conformance kit: judges any accessor host by what it does.

A *case* is a piece of accessor JavaScript and the other side of the wire. A *host* is a command
that runs a script; it answers through lines on its standard output, so that any host can be
judged. ``accessor-host conformance`` is the command line, ``pytest --accessor-host-command`` the
plugin, ``python -m accessor_host.conformance.docs`` writes the pages in ``docs/``.
"""
