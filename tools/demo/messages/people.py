"""Who writes and reads in the demo: people of the simulated tenant and domains of the simulated Internet.

What the policies of the demo (`tools/demo/policies.py`) do for some of them is said beside the name.
"""

MARGARET = "margaret.holloway@contoso.example"  # chief executive: a protected person
ROBERT = "robert.fenwick@contoso.example"  # chief financial officer: a protected person
PRIYA = "priya.raman@contoso.example"  # outbound: a disclaimer; inbound: encrypted files are tagged
TOM = "tom.becker@contoso.example"  # outbound: a disclaimer
LENA = "lena.vogel@contoso.example"
SAMUEL = "samuel.osei@contoso.example"  # monitor only, both ways
YUKI = "yuki.tanaka@contoso.example"  # junk instead of quarantine, and bulk mail into junk
BJORN = "bjorn.hakansson@contoso.example"
CARLA = "carla.mendes@contoso.example"  # in no policy's targets
INFO = "info@contoso.example"  # malware is deleted

NORTHWIND = "northwind.example"  # a supplier; its DMARC policy is reject
ADATUM = "adatum.example"  # a customer; quarantine
BANK = "woodgrove-bank.example"
NEWSLETTER = "newsletter.example"
NO_POLICY = "no-policy.example"  # publishes no DMARC policy
PRIZE_DRAW = "prize-draw.example"
COUSIN = "contoso-payments.example"  # belongs to a criminal
