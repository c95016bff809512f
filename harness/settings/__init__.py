"""Files that users write: target.toml, and how their mistakes are told."""
