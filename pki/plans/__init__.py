# SPDX-License-Identifier: Apache-2.0
"""Plans that come with the package, as data; read by `pki.plan.example`."""
