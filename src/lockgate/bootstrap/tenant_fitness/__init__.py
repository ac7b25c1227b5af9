"""Is everything ready for a real tenant? Each point of docs/operations/real-tenant.md, from outside and from inside.

Rule: it connects as Exchange would and asks as the product does, and changes nothing in the tenant; of ours it writes
one piece of content and takes it away again.
"""

from lockgate.bootstrap.tenant_fitness.examination import examine_tenant

__all__ = ["examine_tenant"]
