"""Conventions that the APIs share: errors, paging, filters, field masks, ordering."""
