"""`make bench`: what Passline costs, measured beside a floor or a peer in the same run, and printed as a table.

Nothing here asserts a time: machines differ, ratios tell. One file per question; `make bench ARGS="rooms storm"` asks
only these. Server on one core, load on the other; CPU is the kernel's account of the server's process. The defaults
are short (`scale`, three minutes, runs only when it is named); the environment makes a run longer or larger:

    BENCH_ROUNDS, BENCH_SECONDS          rounds whose median counts; seconds of each where there is one
    BENCH_ROOMS, BENCH_DELIVERIES        rooms: their sizes ("1000,5000"); deliveries in each round
    BENCH_TRIOS, BENCH_RATE              trios: how many rooms of three; events/s at which the delay is measured
    BENCH_DRIVERS, BENCH_DISPATCHERS     positions: drivers, each with a guest; admins who watch all of them
    BENCH_PEOPLE                         handshakes: clients of each round
    BENCH_CONNECTIONS, BENCH_IDLE_ROUNDS idle: connections; rounds
    BENCH_ROWS                           sequencing, scale: rows/s at which the delay is measured
    BENCH_STORM, BENCH_MISSED, BENCH_SCREENS, BENCH_STORM_ON
                                         storm: clients; events that each missed; clients of one room; databases
    BENCH_CHURN_SECONDS                  churn: 3600 for the hour
    BENCH_ERRORS                         a folder for what servers write to stderr
    BENCH_SAMPLES, BENCH_ORDERS          latency: events; lists: orders
"""
