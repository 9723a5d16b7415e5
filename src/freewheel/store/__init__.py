"""`Blobs` and `Entries`: what is kept, whatever it means."""
