"""Files that users write, target.toml and pbx.toml, and how their mistakes are told."""
