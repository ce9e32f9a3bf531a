"""All of analytics' SQL, and its twin in memory."""
