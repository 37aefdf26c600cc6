"""What rules are made of: quantities, conditions on them, and times at which these are met."""
