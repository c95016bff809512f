"""One trunk on several processors: processes that share its ports and count its channels together."""
