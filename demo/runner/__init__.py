"""The command `run`: its steps, the programs it starts and the record of finished steps."""
