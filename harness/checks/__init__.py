"""Judging functions, one topic a file, each registered under the requirements it judges."""
