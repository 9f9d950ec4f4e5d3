# SPDX-License-Identifier: Apache-2.0
"""What residents are made of: tables in UTF-8, read by `simulators.residents.tables`.

Towns are real places of the two cities with postal code and reading as Japan Post
publishes them (it claims no rights in that list); none has numbered blocks (丁目).
Town codes are ours. Names are common ones, chosen by hand, each with one reading; in
``hard_surnames.csv`` some have characters outside JIS X 0213, so edit that file with a
tool that normalises nothing. Buildings are invented. ``households.toml`` gives weights
by which all ages together follow Japan's age pyramid.
"""
