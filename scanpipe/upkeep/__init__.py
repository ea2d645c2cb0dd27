"""What runs by the timetable or on demand, beside the line."""
