"""All of alerts' SQL, and its twin in memory."""
