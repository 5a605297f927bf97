"""Several processes for one script: a supervisor, its workers, and the ports that they share."""
