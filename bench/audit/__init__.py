"""What the audit detects: faults in deliveries of shops that it never saw."""
