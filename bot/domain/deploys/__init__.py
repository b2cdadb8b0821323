"""What a deploy changed, and what of it is purged."""
