"""`Config` becomes an object graph; it and `http` alone name concrete classes."""
