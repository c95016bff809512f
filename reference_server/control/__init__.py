"""The control API over HTTP: `models` what it takes and gives, `application` the routes."""
