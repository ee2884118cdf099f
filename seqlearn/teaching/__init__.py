"""What a teacher takes from the chapters, read from the notebooks and written nowhere twice."""
