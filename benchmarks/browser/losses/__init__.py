"""What a shopper loses by damaged files, a full disk and a wrong clock."""
