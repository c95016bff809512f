"""SIP programs of others talk to the reference trunk, so that our own code is never its only judge."""
