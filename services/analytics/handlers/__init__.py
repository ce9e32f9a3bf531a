"""Analytics' doors on the bus."""
