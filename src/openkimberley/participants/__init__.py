"""Participants, their authorities and what they cover: status by date, profiles by source."""
