"""HTTP. Every layer is a `Transport` around a `Transport`."""
