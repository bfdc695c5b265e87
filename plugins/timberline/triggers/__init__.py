"""The polling that goes on while a sensor is deferred."""
