"""What the optimizer saves, keeps and costs on real traffic, beside its goals and its peers."""
