"""Load: users of Locust, the engine that makes their calls, and the figures of a run.

Only modules that name Locust in their docstring import it: it patches the process. `generator` is the door
of the engine, `figures` that of what was measured, `validity` says whether a run may be believed.
"""
