"""Load: users of Locust, the engine that makes their calls, and the figures of a run.

Only modules that name Locust in their docstring import it: it patches the process. The doors lie here:
`users` for Locust, `generator` for the engine, `load_settings` for what was asked for. Behind them `swarm` is
how Locust carries it all, `work` one process at work, `schedule` when and who, `engine` and `media` the wire,
`figures` what was measured, `outcome` what that says, `saturation` the load of the saturation scenarios.
"""
