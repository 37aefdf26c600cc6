"""What keeps a net from fitting, and what would have fitted: ``epochal try`` and `diagnose`.

Imports `notebook` and what lies below; torch only once something is trained. Begin with `diagnose`.
"""
