"""Text files of many kinds, written by seeded generators."""
