"""What is read and told: message trace, exports, summaries. Everything here only reads."""
