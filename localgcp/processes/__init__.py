"""What runs code: images as environments, the fork server, the launcher, slots."""
