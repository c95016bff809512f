"""Traces of packets: kept, sliced, written to pcap files and read from them."""
