"""Where records come from: one port, and its adapters for Kafka, files and memory."""
