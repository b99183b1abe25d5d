#!/usr/bin/env python3
"""A small HTTP server on loopback for tests/fetch.sh.

    ranges.py FOLDER LOG

Serves the files of FOLDER, with byte ranges, prints its port, and writes a line to LOG for
each request: the path and the range asked for. Files below /once/ are cut off in the middle
the first time; files below /whole/ are served without ranges.
"""

import http.server
import os
import re
import socket
import sys

FOLDER, LOG = sys.argv[1], sys.argv[2]
CUT = set()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        asked = self.headers.get("Range", "-")
        with open(LOG, "a", encoding="ascii") as log:
            log.write(f"{self.path} {asked}\n")
        # Behind a proxy the address is a whole one.
        path = re.sub(r"^http://[^/]*", "", self.path)
        try:
            with open(os.path.join(FOLDER, os.path.basename(path)), "rb") as file:
                body = file.read()
        except OSError:
            self.send_error(404)
            return
        match = re.fullmatch(r"bytes=(\d+)-", asked)
        start = int(match[1]) if match and not path.startswith("/whole/") else 0
        if start >= len(body) > 0:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(body)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        if path.startswith("/once/") and path not in CUT:
            CUT.add(path)
            self.wfile.write(body[start:start + (len(body) - start) // 2])
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        else:
            self.wfile.write(body[start:])

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass  # clients that hang up are part of the test


with Server(("127.0.0.1", 0), Handler) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()
