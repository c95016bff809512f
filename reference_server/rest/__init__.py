"""The Manager over HTTP for programs: `application` START HERE, one module a noun."""
