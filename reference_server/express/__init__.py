"""The express lane: ordinary calls over UDP, answered from prepared bytes. START HERE: `lane`."""
