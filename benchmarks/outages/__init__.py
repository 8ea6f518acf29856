"""A running server under outages, attacks and kills, while an independent client checks every answer."""
