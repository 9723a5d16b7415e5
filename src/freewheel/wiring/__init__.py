"""`Config` becomes an object graph; nothing else names concrete stores and transports."""
