"""One module per command: a function of its collaborators."""
