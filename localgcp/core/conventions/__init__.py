"""Conventions that the APIs share: paging, filters, field masks, ordering."""
