"""`python -m demo run`: the steps, the programs started and what is remembered of them."""
