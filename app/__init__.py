"""Passline's web application: orders are taken, moved through their states and followed here.

The map, in the direction of a request:

    views     HTTP in, HTTP out: load through the person, validate, one verb, answer
    domain    what the business does: one public function = one verb = one transaction = its events
    models    what is stored: columns, constraints, questions, visible_to(person)
    contract  what web and gateway agreed on: events, rooms, identity, tokens, positions

Beside it: `language`, what is said in each of them; `jobs`, the worker that acts by the clock; `cli`, the flask
commands, among them `doctor`, which examines the whole chain; `demo`, its people and orders; `presence`, by which every
process says that it lives.

Who may import whom is a table in tests/test_layout.py: contract, config and errors import nothing of ours;
models import extensions and contract; domain imports models, language and what models may; views import domain. Only
`extensions.atomic()` commits, only `config.py` reads the environment, only `domain` writes business rows, and only
the gateway (the package beside this one) emits to sockets.
"""
