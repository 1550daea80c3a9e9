"""The doctor: looks at every link of the chain from the settings to a browser's socket, and follows one order's events.

    finding.py       what is said of one link: ok, wrong (with the mend), cannot say
    examination.py   the links in their order, and which of them need which
    stores.py        database, migrations, Redis
    processes.py     who lives, who answers at which address
    agreement.py     whose settings differ
    sequencing.py    are committed events numbered, deadlines acted on, and was an event written for every change
    screen.py        a browser's socket, spoken by hand: what exactly the gateway answers
    probe.py         logs in, connects, subscribes, and waits for an event that it sends down the real path
    trace.py         where each event of an order is (asking.py: HTTP to our own processes)

It changes nothing but what it makes for the moment and takes away again: one person, who is a customer of nobody.
"""
