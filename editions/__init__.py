"""Editions of the course for readers and instructors, made from the same notebooks."""
