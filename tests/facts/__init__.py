"""What counterparts were seen to answer, by hand and in small: simulators are held to it."""
