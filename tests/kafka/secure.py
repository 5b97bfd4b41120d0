"""
secure: a node of Kafka with two more listeners: one that wants a password, and one that speaks TLS.
"""

import os
import subprocess

USER, PASSWORD = "caremeter", "quince-tart-on-sunday"

LISTENERS = """
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller},SASL://127.0.0.1:{sasl},TLS://127.0.0.1:{tls}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},SASL://127.0.0.1:{sasl},TLS://127.0.0.1:{tls}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL
sasl.enabled.mechanisms=PLAIN
listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_{user}="{password}";
listener.name.tls.ssl.keystore.type=PEM
listener.name.tls.ssl.keystore.location={folder}/server.pem
"""


def _openssl(folder, *arguments):
    done = subprocess.run(["openssl", *arguments], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]}: {done.stderr.strip()}")


def _authority(folder, name):
    _openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
             f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")


def make_secure(folder, port, controller, sasl, tls):
    """Of the node in folder/1, before it starts: its listeners, a certificate by ca.pem, and other.pem, which has signed nothing."""
    _authority(folder, "ca")
    _authority(folder, "other")
    _openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=broker",
             "-addext", "subjectAltName=IP:127.0.0.1", "-CA", "ca.pem", "-CAkey", "ca.key", "-keyout", "server.key", "-out", "server.crt")
    with open(os.path.join(folder, "server.pem"), "w", encoding="utf-8") as out:
        for part in ("server.key", "server.crt"):
            with open(os.path.join(folder, part), encoding="utf-8") as text:
                out.write(text.read())
    with open(os.path.join(folder, "1", "server.properties"), "a", encoding="utf-8") as out:  # the later of two lines counts
        out.write(LISTENERS.format(port=port, controller=controller, sasl=sasl, tls=tls, folder=folder, user=USER, password=PASSWORD))
