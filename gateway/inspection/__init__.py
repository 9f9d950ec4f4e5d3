# SPDX-License-Identifier: Apache-2.0
"""What a file is and why a station would take it or not: `sekisho inspect`.

Offline, for a person who holds bytes and a question. Every verdict is given by the code
that the daemon runs; what explains a verdict (where the forbidden shape is, which line
of a document) is found by libraries that the daemon does not use. One module per layer;
`look` chooses among them by content, never by a file's name.
"""
