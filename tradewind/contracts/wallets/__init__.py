"""What is said about wallets: what they hold, what their transactions did, whether both agree."""
