"""What replicas of the service share, in one Redis: the counts of the rate limit, and a stock of ready creatures."""
