"""The people whose mail is held: what they may do, and the pages that are theirs."""
