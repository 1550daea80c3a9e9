"""The gateway: one gevent process that tells every screen what was committed, once and in order.

The path of one event through this process:

    log.py        waits for the doorbell (watch.py), reads numbered rows    \\
    sequencer.py  gives committed rows their position (PostgreSQL)           } one real thread: feed.py
    stream.py     hands the newest rows to many gateways (Redis)             |
    feed.py       keeps the place in the log, survives outages, hands over  /
    fanout.py     on the loop, in order of position: acts on `!access` rows (revocation.py), remembers (recent.py),
                  builds one frame (frames.py), gives it to the room's sockets (registry.py), counts them (tally.py)
    transport.py  one non-blocking send for each socket, and what waits for those that do not read

The path of one client: listener.py (TCP) -> head.py (of a request) -> door.py (HTTP: refused, polling.py, or a
WebSocket) -> engine.py and connection.py (Engine.IO; over wire.py and websocket.py once it is a WebSocket) ->
surface.py (python-socketio and Flask-SocketIO on top) -> auth.py (who is it, or a refusal of refusals.py), by the rows
that checks.py finds for many at once -> recoveries.py (does it come back, and to what) -> clients.py (accepted) ->
handlers.py -> replay.py (catch up, then join without a gap) -> beat.py. drain.py lets it go when the gateway stops;
suite.py is the same transport for the official suites.

The path of a driver's position, no event of the log: fixes.py asks the table `live_fixes` a few times a second,
keeps the newest of each driver for those who come, and gives it to the room's sockets, over whatever older one waits.

Invariants: the loop never waits for a database (store.py runs in the real threads of threads.py); a socket is in a
room only after it was accepted and caught up; nothing is sent without a room; a position written to a socket never
falls. server.py puts the parts together, health.py and metrics.py show them.
"""
