"""Three-way merges, pure: bytes in, bytes out. No disk, no process, no clock, no dice."""
