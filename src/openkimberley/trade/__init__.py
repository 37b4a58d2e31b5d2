"""Who may trade in rough diamonds: the register of licences."""
