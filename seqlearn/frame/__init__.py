"""What surrounds a chapter and none imports: its opening line, the evidence page, the doctor."""
