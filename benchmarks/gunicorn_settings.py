"""gunicorn as the benchmarks run it, for our application and for the bare view alike: one process, eight threads."""

worker_class = "gthread"
workers = 1
threads = 8
keepalive = 60
loglevel = "error"
capture_output = True
control_socket_disable = True
