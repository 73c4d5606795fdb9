"""What the Python tests share: processes, peers that behave and misbehave, and independent readings of what the daemon says.

Python 3.9 or later, its standard library, and programs that a test asks for by name. Everything listens on loopback and ends with the test.
"""
