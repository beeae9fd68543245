"""What has to be done from time to time, for a cron that can make an HTTP request."""
