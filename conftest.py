"""Loads the plugin for everything below this folder; see `epochal.plugin`."""

pytest_plugins = ["epochal.plugin"]
