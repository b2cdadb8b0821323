"""What one HTTP answer says, read with suspicion: headers, body, lifetimes, and who sent it."""
