"""The console's pages, one noun a file; what they all stand on is `visit` and `gate`."""
