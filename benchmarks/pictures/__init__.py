"""The pictures of docs/explanation, drawn from the real code."""
