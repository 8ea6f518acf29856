"""Feedback: what was shown, clicked and dismissed, what it says, and experiments on it."""
