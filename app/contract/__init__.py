"""What the web application and the gateway agreed on, and nothing else: events, rooms, identity, tokens, positions.

Standard library and itsdangerous only, so that both processes (one of them monkey-patched) can import it at no cost
and in no particular order.
"""
