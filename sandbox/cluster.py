"""A client of the Kubernetes API: the few calls that boxes need, with the standard library.

Source: the Kubernetes API reference, batch/v1 Job, core/v1 Pod and Pod log, meta/v1 DeleteOptions, in their stable
versions (1.29 and newer).
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from sandbox.api import ANSWER_SECONDS, NOT_FOUND, Api, Refused
from sandbox.run import SandboxError

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Cluster(Api):
    """The API server at a URL; the token is read anew for each call, since clusters change it."""

    def __init__(self, url: str, token_file: Path, ca_file: Path) -> None:
        super().__init__(f"the Kubernetes API at {url}")
        parts = urlsplit(url)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise ValueError(f"kubernetes: server {url!r} is no address such as https://kubernetes.default.svc")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError(f"kubernetes: server {url!r} would send the token in the clear; use https")
        self._parts, self._token_file, self._ca_file = parts, token_file, ca_file

    def connection(self) -> http.client.HTTPConnection:
        """Over TLS with the cluster's own authority, or plainly to a proxy on this machine."""
        host = self._parts.hostname or ""
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(host, self._parts.port, timeout=ANSWER_SECONDS)
        try:
            context = ssl.create_default_context(cafile=str(self._ca_file))
        except OSError as error:
            raise SandboxError(f"{self._ca_file}, the authority of {self.server}, cannot be read: {error}") from error
        return http.client.HTTPSConnection(host, self._parts.port, timeout=ANSWER_SECONDS, context=context)

    def headers(self) -> dict[str, str]:
        """With the token of the service account."""
        try:
            token = self._token_file.read_text().strip()
        except OSError as error:
            raise SandboxError(f"{self._token_file}, the token for {self.server}, cannot be read: {error}") from error
        return super().headers() | {"Authorization": f"Bearer {token}"}

    def create_job(self, namespace: str, manifest: Mapping[str, Any]) -> None:
        """Have a job run."""
        self.ask("POST", f"/apis/batch/v1/namespaces/{namespace}/jobs", manifest)

    def jobs(self, namespace: str, label: str) -> Sequence[Mapping[str, Any]]:
        """Jobs that have the label."""
        found = self.ask("GET", f"/apis/batch/v1/namespaces/{namespace}/jobs", query={"labelSelector": label})
        return list((found or {}).get("items") or ())

    def pods(self, namespace: str, label: str) -> Sequence[Mapping[str, Any]]:
        """Pods that have the label."""
        found = self.ask("GET", f"/api/v1/namespaces/{namespace}/pods", query={"labelSelector": label})
        return list((found or {}).get("items") or ())

    def delete_job(self, namespace: str, name: str) -> bool:
        """Delete a job and its pods; whether it was there."""
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        try:
            self.ask("DELETE", f"/apis/batch/v1/namespaces/{namespace}/jobs/{quote(name)}", options)
        except Refused as error:
            if error.status != NOT_FOUND:
                raise
            return False
        return True

    def pod_log(self, namespace: str, pod: str) -> str:
        """The end of what a pod's container wrote to its own streams (a program's streams are elsewhere)."""
        path, query = f"/api/v1/namespaces/{namespace}/pods/{quote(pod)}/log", {"tailLines": 5, "limitBytes": 2000}
        with self.call("GET", path, None, query) as response:
            return response.read(4000).decode(errors="replace").strip()
