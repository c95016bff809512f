"""What calls cost: the table of rates, US minute bundles, credit that is free, the meter of a call, prices.

Pure: no SQL, no sockets, no clock. START HERE: `meter`.
"""
