"""What "What it knows" shows and what an import brings, measured in the demo mall."""
