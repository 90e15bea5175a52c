"""What is done about a video after its verdict, at leisure: it is watched through, and made to play in browsers.

Nothing here refuses anything. What is found is advice to its owner and a note to reviewers; what is made is a second
file beside the one that was accepted. All but the use case runs in a child of its own (services.media.pool.aside).
"""
