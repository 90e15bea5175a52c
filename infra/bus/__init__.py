"""The event machinery: outbox, relay, topology, consumer entrypoint, inbox, dead letters.

Only this package and the services' worker modules import nameko, kombu and eventlet.
"""
