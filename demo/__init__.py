"""The demo mall: three invented shops with different markup, and the command that starts everything."""
