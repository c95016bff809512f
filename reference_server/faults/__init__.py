"""Rules of the trunk broken on purpose; `registry` lists them."""
