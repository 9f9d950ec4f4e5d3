# SPDX-License-Identifier: Apache-2.0
"""The register in a network: its door, its way to the CS, and what comes from there.

`door` is what others reach over mutual TLS, `acts` what the desks can be asked for,
`courier` and `arrivals` the two ways between register and CS, `running` joins them to
one process, and `cli` starts it. The register itself still knows no network.
"""
