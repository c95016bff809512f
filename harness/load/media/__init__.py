"""The audio of load calls: RTP ports, paced tones, and a judgement of every packet that comes back.

`media_plane` is the door. It has sockets and no gevent; `harness.load.generator` calls it from the loop.
"""
