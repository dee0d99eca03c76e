"""Emulator base, fault injection and a virtual clock, for this project's tests and for yours."""
