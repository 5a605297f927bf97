"""What every host is made of: turns, calls, timers, output and the bindings of modules."""
