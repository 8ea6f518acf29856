"""How well the filter of sensitive products decides on titles: sets that were written before the rules."""
