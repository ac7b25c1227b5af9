"""The people whose mail is held: told by digest, they act by signed links or signed in, within the rights they have."""
