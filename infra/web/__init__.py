"""What every HTTP api of ours shares: the application, who is calling, problems, health, metrics."""
