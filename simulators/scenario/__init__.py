# SPDX-License-Identifier: Apache-2.0
"""Flows as data: what happens, what is expected of it, and what must hold afterwards.

A file of `simulators/scenarios` is read (`loader`), played on a real network
(`player`), judged, and drawn (`text_drawing`, `svg_drawing`). What a scenario may name
is closed: `registry` lists the systems, and each of them what it can do and show.
"""
