"""What every Timberline trainer shares: environment, flags, reading, metric report, artefacts and failures."""
