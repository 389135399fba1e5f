"""What people use today, each on the same job; imports nothing of Driftwatch."""
