"""Streams, windows, alarms, blindness and the report. Pure: every call is handed its time."""
