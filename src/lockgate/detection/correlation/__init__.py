"""Weak signals of several families that together say more than each: the product's own rules and the organisation's."""
