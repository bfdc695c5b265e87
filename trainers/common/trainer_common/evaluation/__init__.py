"""Compute metrics of a split, and compare a challenger with a champion."""
