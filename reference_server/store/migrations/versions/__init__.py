"""One module a version of the database, each naming the one before."""
