"""The machine and the site: made, examined, kept in order by the timetable."""
