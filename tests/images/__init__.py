"""`make images-check`: every image is built, looked into, and started beside the others on a read-only root."""
