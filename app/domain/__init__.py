"""What the business does: one public function is one verb, one transaction, and its events.

Every verb takes who did it (`by`), refuses with a DomainError, and writes nothing when it refuses. No HTTP, no
sockets, no strangers: side effects happen after the commit, from the log.
"""
