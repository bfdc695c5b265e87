"""The command `python -m timberline.ai_platform`."""
