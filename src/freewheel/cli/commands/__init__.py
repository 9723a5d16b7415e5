"""One module per command: config in, exit status out. `run` is called by the command's name."""
