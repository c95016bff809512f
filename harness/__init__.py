"""A conformance and load-testing harness for SIP trunks and PBXs; ARCHITECTURE.md is the map."""
